"""Somebody who uses Parley from outside: signs in with the code from the terminal, then speaks REST and WebSocket."""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
from support.parley_process import ParleyProcess
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

_WAIT_S = 20.0
LOBBY = "00000000-0000-7000-8000-000000000001"

Frame = dict[str, Any]


class Person:
    """One signed-in browser-like client: cookies, Origin, JSON."""

    def __init__(self, parley: ParleyProcess, address: str) -> None:
        self.address = address
        self._parley = parley
        self.http = httpx2.Client(base_url=parley.url, headers={"origin": parley.url}, timeout=_WAIT_S)
        self.id = ""

    def sign_in(self) -> "Person":
        """Ask for a code, read it off the terminal, enter it."""
        asked = self.http.post("/otp", json={"email": self.address})
        assert asked.status_code == 202, asked.text
        code = self._parley.code_for(self.address)
        path = f"/otp/{asked.json()['challenge']}/verify"
        answer = self.http.post(path, json={"code": code, "transport": "cookie"})
        assert answer.status_code == 200, answer.text
        self.id = answer.json()["user"]["id"]
        return self

    @contextmanager
    def socket(self, cursors: dict[str, list[int]] | None = None, party: str = "") -> Iterator["Socket"]:
        """A WebSocket that has said hello and has been told that it is synced."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        with connect(
            self._parley.url.replace("http", "ws") + "/ws",
            subprotocols=[Subprotocol("chat.v1.json")],
            additional_headers={"cookie": cookie, "origin": self._parley.url},
            compression=None,
            open_timeout=_WAIT_S,
            close_timeout=1,
        ) as connection:
            socket = Socket(connection)
            socket.hello = socket.request("hello", {"party": party or str(uuid.uuid4()), "cursors": cursors or {}})
            socket.wait_for(lambda frame: frame.get("t") == "synced")
            yield socket

    def close(self) -> None:
        self.http.close()


class Socket:
    """Requests with their replies, and the pushes in between, in the order of their arrival."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self.received: list[Frame] = []
        self.hello: Frame = {}

    def request(self, kind: str, data: Frame, request_id: str | None = None) -> Frame:
        """Send a request and return its reply, whatever it says."""
        request_id = request_id or str(uuid.uuid4())
        self._connection.send(json.dumps({"t": kind, "id": request_id, "d": data}))
        return self.wait_for(lambda frame: frame.get("re") == request_id)

    def notice(self, kind: str, data: Frame) -> None:
        """Send something that gets no reply."""
        self._connection.send(json.dumps({"t": kind, "d": data}))

    def say(self, conv: str, body: str, after: list[int] | None = None) -> Frame:
        """Send a text after the newest entry that this socket has seen."""
        data = {"conv": conv, "after": after or self.cursor(conv), "kind": "text", "body": body}
        reply = self.request("msg.send", data)
        assert reply["ok"], reply
        return reply["d"]

    def cursor(self, conv: str) -> list[int]:
        """The newest position that this socket was told of."""
        seen = [[d["epoch"], d["seq"]] for d in self.messages(conv)]
        heads = [[head["epoch"], head["head"]] for head in self.hello["d"]["heads"] if head["conv"] == conv]
        return max(seen + heads, default=[1, 0])

    def messages(self, conv: str) -> list[Frame]:
        """The entries pushed so far, in order of arrival."""
        return [frame["d"] for frame in self.received if frame.get("t") == "msg" and frame["d"]["conv"] == conv]

    def wait_for(self, wanted: Callable[[Frame], bool]) -> Frame:
        """The next frame that is wanted; everything on the way is kept in `received`."""
        while True:
            frame = json.loads(self._connection.recv(_WAIT_S))
            self.received.append(frame)
            if frame.get("t") == "ping":
                self.notice("pong", {})
            if wanted(frame):
                return frame

    def wait_for_text(self, body: str) -> Frame:
        """The `d` of the message with this text, now or when it comes."""
        for frame in self.received:
            if frame.get("t") == "msg" and frame["d"].get("body") == body:
                return frame["d"]
        return self.wait_for(lambda frame: frame.get("t") == "msg" and frame["d"].get("body") == body)["d"]
