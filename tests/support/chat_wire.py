"""One WebSocket of a `ChatClient`: requests with their replies, pushes, and what may not happen on one wire.

Within one connection entries come in order and without holes, except after `behind`; that is checked here.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from support.ledger import Ledger
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

ANSWER_S = 10.0
SILENCE_S = 40.0
"""What chat-web waits for an answer, and for any sign of life."""


class Lost(Exception):
    """No answer came: whether the request took effect is unknown."""


class Refused(Exception):
    """The server said no."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(problem)
        self.problem = problem


class Wire:
    """`run` ends when the connection does. `pushed` gets what nobody asked for."""

    def __init__(
        self, url: str, token: str, pushed: Callable[[str, dict[str, Any]], None], ledger: Ledger, name: str
    ) -> None:
        self.connected, self.synced = asyncio.Event(), asyncio.Event()
        self.code = 0
        """The close code of the server, 0 without one."""
        self._url, self._token, self._pushed = url, token, pushed
        self._ledger, self._name = ledger, name
        self._connection: ClientConnection | None = None
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._last: dict[str, int] = {}

    def expect(self, last: Mapping[str, int]) -> None:
        """Of these conversations the next entry is the one after this."""
        self._last = dict(last)

    async def run(self) -> None:
        """Connect, and read until it is over."""
        # That a connection breaks is what these tests are about.
        try:
            async with connect(
                self._url.replace("http", "ws", 1) + "/ws",
                subprotocols=[Subprotocol("chat.v1.json")],
                additional_headers={"authorization": f"Bearer {self._token}"},
                compression=None,
                open_timeout=ANSWER_S,
                close_timeout=0.2,
                ping_interval=None,
                max_size=None,
                proxy=None,
            ) as connection:
                self._connection = connection
                self.connected.set()
                await self._read(connection)
        except ConnectionClosed as closed:
            self.code = closed.rcvd.code if closed.rcvd else 0
        except (OSError, InvalidHandshake):
            pass
        finally:
            self._connection = None
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(Lost())

    async def request(self, kind: str, data: Mapping[str, Any], request_id: str) -> Any:
        """The `d` of the reply. Raises Refused and Lost."""
        connection = self._connection
        if connection is None:
            raise Lost
        future = self._waiting[request_id] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(ANSWER_S):
                await connection.send(json.dumps({"t": kind, "id": request_id, "d": data}))
                return await future
        except (TimeoutError, ConnectionClosed):
            raise Lost from None
        finally:
            del self._waiting[request_id]
            future.cancel()

    async def notify(self, kind: str, data: Mapping[str, Any]) -> None:
        """Send what gets no answer. Raises ConnectionClosed."""
        if self._connection is not None:
            await self._connection.send(json.dumps({"t": kind, "d": data}))

    async def _read(self, connection: ClientConnection) -> None:
        while True:
            async with asyncio.timeout(SILENCE_S):
                frame = json.loads(await connection.recv())
            if "re" in frame:
                self._answer(frame)
            elif frame["t"] == "ping":
                await self.notify("pong", {})
            else:
                self._push(frame["t"], frame["d"])

    def _answer(self, frame: dict[str, Any]) -> None:
        future = self._waiting.get(frame["re"])
        if future is None or future.done():
            return
        if frame["ok"]:
            future.set_result(frame["d"])
        else:
            future.set_exception(Refused(frame["err"]))

    def _push(self, kind: str, data: dict[str, Any]) -> None:
        match kind:
            case "synced":
                self.synced.set()
            case "msg":
                self._check(data["conv"], data["seq"])
            case "behind":
                for head in data["convs"]:
                    self._last.pop(head["conv"], None)
        self._pushed(kind, data)

    def _check(self, conv: str, seq: int) -> None:
        last = self._last.get(conv)
        if last is not None and seq != last + 1:
            kind = "doubled" if seq <= last else "unseen"
            self._ledger.note(kind, f"{self._name} got entry {seq} of {conv} after {last}")
        self._last[conv] = seq
