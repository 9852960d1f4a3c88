"""A window of the chat: one socket, requests with their replies, and what was pushed in between."""

import asyncio
import json
import ssl
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from parley.callcheck.person import Json, Person, Unexpected


class Window:
    """What has come so far is in `received`; `cursor` says how much of the one conversation is here."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self.received: list[Json] = []
        self._end = ""
        self._changed = asyncio.Condition()

    async def request(self, kind: str, data: Json, request_id: str = "") -> Json:
        """The reply's data. Raises Unexpected for a refusal."""
        request_id = request_id or str(uuid.uuid4())
        await self._send({"t": kind, "id": request_id, "d": data})
        reply = await self.until(lambda it: it.get("re") == request_id)
        if not reply["ok"]:
            raise Unexpected(f"refused with {reply['err']['type'].removeprefix('/problems/')}")
        return dict(reply["d"])

    async def notice(self, kind: str, data: Json) -> None:
        """Something that has no reply."""
        await self._send({"t": kind, "d": data})

    async def until(self, is_it: Callable[[Json], bool]) -> Json:
        """The first frame of this kind, now or when it comes. Raises Unexpected when the connection ends first."""
        async with self._changed:
            while True:
                for frame in self.received:
                    if is_it(frame):
                        return frame
                if self._end:
                    raise Unexpected(self._end)
                await self._changed.wait()

    async def call(self, is_so: Callable[[Json], bool]) -> Json:
        """The first snapshot of a call of which this is so."""
        return dict((await self.until(lambda it: it.get("t", "").startswith("call.") and is_so(it["d"])))["d"])

    async def read(self) -> None:
        """Take whatever comes, until the connection ends."""
        try:
            while True:
                await self._take(json.loads(await self._connection.recv()))
        except ConnectionClosed as closed:
            self._end = f"the socket was closed with {closed.rcvd.code if closed.rcvd else 'no word'}"
            async with self._changed:
                self._changed.notify_all()

    async def _take(self, frame: Json) -> None:
        if frame.get("t") == "ping":
            await self.notice("pong", {})
        async with self._changed:
            self.received.append(frame)
            self._changed.notify_all()

    async def _send(self, frame: Json) -> None:
        await self._connection.send(json.dumps(frame))


@asynccontextmanager
async def window(person: Person, url: str, trust: ssl.SSLContext, conv: str) -> AsyncIterator[Window]:
    """One that has said hello and knows of everything in this conversation.

    Raises OSError, WebSocketException and Unexpected.
    """
    async with connect(
        url.replace("http", "ws", 1) + "/ws",
        subprotocols=[Subprotocol("chat.v1.json")],
        additional_headers=person.headers,
        compression=None,
        ssl=trust if url.startswith("https:") else None,
    ) as socket:
        opened = Window(socket)
        reading = asyncio.create_task(opened.read())
        try:
            await opened.request("hello", {"party": str(uuid.uuid4()), "cursors": {conv: [1, 0]}})
            await opened.until(lambda it: it.get("t") == "synced")
            yield opened
        finally:
            reading.cancel()
