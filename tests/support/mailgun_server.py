"""Mailgun's `POST /v3/<domain>/messages` on loopback, as a sender sees it, with the faults that a test asks for."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qs

DRIP_S = 0.05
DRIPS = 9


@dataclass(frozen=True)
class Answer:
    """A response. `is_held` keeps it back for good, `is_dripping` sends it in DRIPS pieces, DRIP_S apart,
    `is_lost` closes the connection instead of sending it.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    is_held: bool = False
    is_dripping: bool = False
    is_lost: bool = False


@dataclass(frozen=True)
class Received:
    """A request: its line, its headers in lower case, and the fields of the form."""

    line: str
    headers: Mapping[str, str]
    fields: Mapping[str, str]


class MailgunServer:
    """Answers every request with `answer`, and keeps what it took: requests answered 2xx, arrived or not."""

    def __init__(self) -> None:
        self.answer = Answer()
        self.received: list[Received] = []
        self.open_connections = self.connections_seen = 0
        self.no_connections = asyncio.Event()
        self.url = ""
        self._ending = asyncio.Event()
        self._talks: set[asyncio.Task] = set()

    @asynccontextmanager
    async def serving(self, tls: ssl.SSLContext | None = None) -> AsyncIterator["MailgunServer"]:
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0, ssl=tls)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield self
        server.close()
        self._ending.set()
        await asyncio.gather(*self._talks)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        self.open_connections += 1
        self.connections_seen += 1
        self.no_connections.clear()
        try:
            while await self._respond(await _read(reader), writer):
                pass
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            self.open_connections -= 1
            if not self.open_connections:
                self.no_connections.set()

    async def _respond(self, request: Received, writer: asyncio.StreamWriter) -> bool:
        answer = self.answer
        if answer.status < 300:
            self.received.append(request)
        if answer.is_held:
            await self._ending.wait()
        if answer.is_dripping:
            await self._drip(writer)
        if answer.is_held or answer.is_lost or answer.is_dripping:
            return False
        # Mailgun repeats the address in what it says about it.
        body = json.dumps(
            {"id": request.fields.get("h:Message-Id"), "message": f"to {request.fields.get('to')}"}
        ).encode()
        headers = {"Content-Length": str(len(body)), "Content-Type": "application/json", **answer.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {answer.status} Said\r\n{head}\r\n".encode() + body)
        await writer.drain()
        return True

    async def _drip(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 Said\r\nContent-Length: 0\r\n")
        for _ in range(DRIPS):
            writer.write(b"X-Drop: 1\r\n")
            await writer.drain()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), DRIP_S)
        writer.write(b"\r\n")
        await writer.drain()


async def _read(reader: asyncio.StreamReader) -> Received:
    line, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (it.partition(": ") for it in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(line, headers, {name: values[0] for name, values in parse_qs(body.decode()).items()})
