"""Clients of call signalling over keep-alive connections, as cheap as they can be: plain requests over streams."""

import asyncio
import json
from typing import Any, NamedTuple

_LINE = "candidate:1 1 udp 2122260223 192.0.2.1 {number} typ host generation 0 ufrag abcd network-id 1"
_ATTRIBUTE = "a=rtpmap:{number} VP8/90000\r\n"
SDP = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-ufrag:abcd\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n"
SDP += "".join(_ATTRIBUTE.format(number=number) for number in range(100))
"""About 3 KB, as browsers write it."""


class Answer(NamedTuple):
    """What came back."""

    status: int
    tag: str
    body: bytes


class Connection:
    """One connection of one person after another."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def open(self) -> "Connection":
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def call(self, method: str, path: str, token: str, body: Any = None, headers: str = "") -> Answer:
        """One request and its answer."""
        payload = b"" if body is None else json.dumps(body).encode()
        kind = "content-type: application/json\r\n" if body is not None else ""
        head = f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\n{kind}{headers}"
        self._writer.write(f"{head}content-length: {len(payload)}\r\n\r\n".encode() + payload)
        return await self._answer()

    def close(self) -> None:
        self._writer.close()

    async def _answer(self) -> Answer:
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        body = await self._reader.readexactly(int(fields.get("content-length", 0)))
        return Answer(int(head.split(" ", 2)[1]), fields.get("etag", "").upper(), body)


class Edge:
    """A session of two, and what was written to it."""

    def __init__(self, path: str, tokens: tuple[str, str], emails: tuple[str, str]) -> None:
        self.path, self.tokens, self.emails = path, tokens, emails
        self.written: list[str] = []
        self.tag = ""

    @classmethod
    async def made(cls, connection: Connection, tokens: tuple[str, str], emails: tuple[str, str]) -> "Edge":
        """A new session with its offer and its answer."""
        new = {"initiator": emails[0], "peer": emails[1]}
        answer = await connection.call("POST", "/sessions", tokens[0], new)
        edge = cls(f"/sessions/{json.loads(answer.body)['session']['id']}", tokens, emails)
        for side, kind in enumerate(("offer", "answer")):
            await edge.describe(connection, side, kind)
        return edge

    async def describe(self, connection: Connection, side: int, kind: str, more: str = "") -> Answer:
        body = {"from": self.emails[side], "sdp": SDP + more}
        return await connection.call("PUT", f"{self.path}/{kind}", self.tokens[side], body)

    async def trickle(self, connection: Connection) -> int:
        """One candidate; the status."""
        line = _LINE.format(number=len(self.written))
        body = {"from": self.emails[0], "candidate": line, "sdpMid": "0", "sdpMLineIndex": 0}
        answer = await connection.call("POST", f"{self.path}/candidates", self.tokens[0], body)
        self.written.append(line)
        return answer.status

    async def poll(self, connection: Connection, *, with_tag: bool) -> int:
        """The other side looks; the status."""
        known = f"if-none-match: {self.tag}\r\n" if with_tag and self.tag else ""
        answer = await connection.call("GET", self.path, self.tokens[1], headers=known)
        self.tag = answer.tag or self.tag
        return answer.status

    async def lost(self, connection: Connection) -> int:
        """How many of the candidates that were taken are not there, in their order."""
        answer = await connection.call("GET", self.path, self.tokens[1])
        there = [it["candidate"] for it in json.loads(answer.body)["session"]["candidates"]]
        return 0 if there == self.written else max(1, len(self.written) - len(there))
