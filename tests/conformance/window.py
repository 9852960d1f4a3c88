"""A window of the chat: one WebSocket that says hello with what it has, and comes back whenever it is cut.

A request is repeated under its own id until it is answered. An unreliable window is cut off before three requests in
ten are sent and before three in ten are answered, and sends three in ten twice.
"""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from random import Random

from conformance.client import Json, Person
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

_SHARE = 0.3


class Window:
    """What it has been told so far is in `entries`, by conversation and number, `calls` and `revs` of rtc sessions.

    `cursors` is how much of each conversation it has; the server sends what is missing, in order.
    """

    def __init__(self, person: Person) -> None:
        self.person, self.party = person, str(uuid.uuid4())
        self.entries: dict[str, dict[int, Json]] = {}
        self.cursors: dict[str, list[int]] = {}
        self.calls: dict[str, Json] = {}
        self.revs: dict[str, int] = {}
        self.received: list[Json] = []
        self.cuts = 0
        self.faults: list[str] = []
        self._random: Random | None = None
        self._replies: dict[str, Json] = {}
        self._is_open = self._is_synced = False
        self._changed = asyncio.Condition()
        self._connection: ClientConnection | None = None
        self._reading: asyncio.Task[None] | None = None

    async def request(self, kind: str, data: Json, request_id: str = "") -> Json:
        """The reply, whatever it says, except that it is too early."""
        request_id = request_id or str(uuid.uuid4())
        frame = json.dumps({"t": kind, "id": request_id, "d": data})
        while True:
            reply = await self._attempt(frame, request_id)
            wait_ms = reply and not reply["ok"] and reply["err"].get("retry_after_ms")
            if reply and not wait_ms:
                return reply
            await asyncio.sleep((wait_ms or 0) / 1000)

    def unreliably(self, random: Random) -> None:
        """From now on requests are cut off and doubled."""
        self._random = random

    async def notice(self, kind: str, data: Json) -> None:
        """Something that has no reply and may get lost."""
        with suppress(ConnectionClosed):
            await (await self._connected()).send(json.dumps({"t": kind, "d": data}))

    async def say(self, conv: str, body: str) -> Json:
        """Send a text after the newest entry that is here; the reply."""
        data = {"conv": conv, "after": self.cursors.get(conv, [1, 0]), "kind": "text", "body": body}
        return await self.request("msg.send", data)

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Return when this is so; comes back meanwhile if it is cut."""
        while not is_so():
            await self._connected()
            await self.within(1.0, is_so)

    async def within(self, longest_s: float, is_so: Callable[[], bool]) -> None:
        """Return when this is so, or at the end of the time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(longest_s), self._changed:
                await self._changed.wait_for(lambda: is_so() or not self._is_open)

    async def cut(self) -> None:
        """Break the connection without a word, as a network does."""
        if self._connection is not None:
            self._connection.transport.abort()
            await self._ended()

    async def close(self) -> None:
        """Leave; what the server did wrong meanwhile fails the test."""
        assert self.faults == []
        if self._connection is not None:
            await self._connection.close()
            await self._ended()

    @property
    def is_open(self) -> bool:
        """Whether it is connected, and has been told what it missed."""
        return self._is_open and self._is_synced

    async def _attempt(self, frame: str, request_id: str) -> Json | None:
        """The reply, None if it did not come."""
        connection = await self._connected()
        if self._happens():
            await self.cut()
            return None
        self._replies.pop(request_id, None)
        with suppress(ConnectionClosed):
            for _ in range(1 + self._happens()):
                await connection.send(frame)
        if self._happens():
            await self.cut()
            return None
        async with self._changed:
            await self._changed.wait_for(lambda: request_id in self._replies or not self._is_open)
        return self._replies.get(request_id)

    def _happens(self) -> bool:
        return self._random is not None and self._random.random() < _SHARE

    async def _connected(self) -> ClientConnection:
        """The connection, a new one if there is none; it has said hello and has been told what was missed."""
        while not self._is_open:
            await self._ended()
            self._connection = await connect(
                self.person.url.replace("http", "ws", 1) + "/ws",
                subprotocols=[Subprotocol("chat.v1.json")],
                additional_headers=self.person.headers,
                compression=None,
                close_timeout=1,
            )
            hello = {"t": "hello", "id": str(uuid.uuid4()), "d": {"party": self.party, "cursors": self.cursors}}
            await self._connection.send(json.dumps(hello))
            self._is_open, self._is_synced = True, False
            self._reading = asyncio.create_task(self._read(self._connection))
            async with self._changed:
                await self._changed.wait_for(lambda: self._is_synced or not self._is_open)
        assert self._connection is not None
        return self._connection

    async def _ended(self) -> None:
        if self._reading is not None:
            await self._reading

    async def _read(self, connection: ClientConnection) -> None:
        try:
            async for text in connection:
                await self._take(connection, json.loads(text))
        except ConnectionClosed:
            self.cuts += 1
        self._is_open = False
        async with self._changed:
            self._changed.notify_all()

    async def _take(self, connection: ClientConnection, frame: Json) -> None:
        self.received.append(frame)
        kind, data = frame.get("t"), frame.get("d") or {}
        if "re" in frame:
            self._replies[frame["re"]] = frame
            for call in data.get("calls", ()):
                self._newest(call)
        elif kind == "ping":
            await connection.send(json.dumps({"t": "pong", "d": {}}))
        elif kind == "synced":
            self._is_synced = True
        elif kind == "msg":
            self._place(data)
        elif kind == "rtc":
            self.revs[data["session"]] = max(self.revs.get(data["session"], 0), data["rev"])
        elif kind.startswith("call."):
            self._newest(data)
        async with self._changed:
            self._changed.notify_all()

    def _newest(self, call: Json) -> None:
        held = self.calls.get(call["conv"])
        if held is None or call["rev"] > held["rev"]:
            self.calls[call["conv"]] = call

    def _place(self, entry: Json) -> None:
        conv, seq = entry["conv"], entry["seq"]
        last = self.cursors.get(conv, [entry["epoch"], seq - 1])[1]
        if seq > last + 1:
            self.faults.append(f"entry {seq} came after {last}")
        if seq == last + 1:
            self.entries.setdefault(conv, {})[seq] = entry
            self.cursors[conv] = [entry["epoch"], seq]


@asynccontextmanager
async def window(person: Person) -> AsyncIterator[Window]:
    """A window that is open and synced."""
    opened = Window(person)
    await opened.until(lambda: opened.is_open)
    try:
        yield opened
    finally:
        await opened.close()
