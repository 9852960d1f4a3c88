"""Replicas of chat-service in this process, over one set of engines, and windows that speak the socket's language.

The transport is the harmless adapter of the port `Link`: it keeps what was written and says when it is full.
"""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.databases import MovableClock, sqlite
from support.message_logs import LOGS
from support.people import sign_in, sign_up

from parley.chat_service.adapters.calls_inprocess import InProcessCalls
from parley.chat_service.adapters.inprocess import InProcessPresence
from parley.chat_service.ports import LINK, Flow
from parley.chat_service.settings import ChatSettings
from parley.chat_service.wiring import Parts, assemble
from parley.component import Component
from parley.conversations.model import LOBBY
from parley.conversations.sql import SqlConversations
from parley.endedcalls.inprocess import InProcessEndedCalls
from parley.fanout.inprocess import InProcessFanout
from parley.identity.model import Account
from parley.identity.sql import SqlSessions
from parley.messages.port import MessageLog
from parley.ratelimits.inprocess import InProcessRateLimits
from parley.sql.database import Database

WAIT_S = 10.0
ORIGIN = "http://localhost:8082"
Frame = dict[str, Any]


class Closed(Exception):
    """The server closed the connection: code and reason."""


class Wire:
    """A transport that takes everything, until it is told that nobody reads it."""

    def __init__(self) -> None:
        self.taken = bytearray()
        self.writes = 0
        self.closed: tuple[int, str] | None = None
        self.grown = asyncio.Condition()
        self.events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._listener: Flow | None = None
        self._unread, self._reads = 0, True
        self._drained = asyncio.Event()
        self._drained.set()

    @property
    def sink(self) -> Callable[[bytes], None]:
        return self.write

    def write(self, data: bytes) -> None:
        if self.closed is not None:
            return
        self.taken += data
        self.writes += 1
        if not self._reads:
            self._unread += len(data)
            self._drained.clear()
            if self._listener is not None:
                self._listener.pause()

    def close(self, code: int, reason: str) -> None:
        if self.closed is None:
            self.closed = (int(code), reason)
            self.events.put_nowait({"type": "websocket.disconnect", "code": int(code)})
            self._drained.set()

    def attach(self, listener: Flow) -> None:
        self._listener = listener

    def waiting(self) -> int:
        return self._unread

    async def drained(self) -> None:
        await self._drained.wait()

    def stop_reading(self) -> None:
        """From the next write on, the peer takes nothing."""
        self._reads = False

    def go_on_reading(self) -> None:
        """The peer takes everything again."""
        self._reads, self._unread = True, 0
        self._drained.set()
        if self._listener is not None:
            self._listener.resume()

    def frames(self) -> list[Frame]:
        """Everything written so far, as the peer's WebSocket library would hand it over."""
        return [json.loads(payload) for payload in payloads(bytes(self.taken))]


def payloads(data: bytes) -> list[bytes]:
    """The payloads of unmasked, unfragmented text frames."""
    found = []
    while data:
        assert data[0] == 0x81, data[:16]
        length, start = data[1], 2
        if length == 126:
            length, start = int.from_bytes(data[2:4]), 4
        elif length == 127:
            length, start = int.from_bytes(data[2:10]), 10
        found.append(data[start : start + length])
        data = data[start + length :]
    return found


class Window:
    """One open window of one person at one replica."""

    def __init__(self, replica: "Replica", token: str, party: str | None = None) -> None:
        self.wire, self.party = Wire(), party or str(uuid.uuid4())
        self.sent: list[dict[str, Any]] = []
        self._replica, self._token = replica, token
        self._task: asyncio.Task[None] | None = None

    async def open(self, **scope: Any) -> "Window":
        """Connect, without saying hello."""
        self.wire.events.put_nowait({"type": "websocket.connect"})
        headers = [(b"authorization", b"Bearer " + self._token.encode())]
        defaults = {"headers": headers, "subprotocols": ["chat.v1.json"], "extensions": {LINK: self.wire}}
        endpoint = self._replica.endpoint
        asking = endpoint({"type": "websocket", **defaults, **scope}, self.wire.events.get, self._send)
        self._task = asyncio.create_task(asking)
        return self

    async def greet(self, cursors: dict[str, list[int]] | None = None) -> "Window":
        """Connect, say hello and wait until the past has come."""
        await self.open()
        await self.request("hello", {"party": self.party, "cursors": cursors or {}})
        await self.until(lambda frame: frame.get("t") == "synced")
        return self

    async def request(self, kind: str, data: Frame, request_id: str | None = None) -> Frame:
        """Send a request; its reply, whatever it says."""
        request_id = request_id or str(uuid.uuid4())
        self.send(json.dumps({"t": kind, "id": request_id, "d": data}))
        return await self.until(lambda frame: frame.get("re") == request_id)

    async def say(self, conv: str, body: str, after: list[int] | None = None, message: str | None = None) -> Frame:
        """Send a text behind what this window has seen; the acknowledgement."""
        data = {"conv": conv, "after": after or self.cursor(conv), "kind": "text", "body": body}
        reply = await self.request("msg.send", data, message)
        assert reply["ok"], reply
        return reply["d"]

    def notice(self, kind: str, data: Frame) -> None:
        """Send something that gets no reply."""
        self.send(json.dumps({"t": kind, "d": data}))

    def send(self, text: str) -> None:
        """Send a text message as it is."""
        self.wire.events.put_nowait({"type": "websocket.receive", "text": text})

    async def until(self, wanted: Callable[[Frame], bool]) -> Frame:
        """The first frame that is wanted, among those that came and those that will. Raises Closed."""
        async with asyncio.timeout(WAIT_S):
            while True:
                found = next((frame for frame in self.wire.frames() if wanted(frame)), None)
                if found is not None:
                    return found
                if self.wire.closed is not None:
                    raise Closed(*self.wire.closed)
                await asyncio.sleep(0.001)

    async def ended(self) -> tuple[int, str] | None:
        """How the server closed the connection, once it has."""
        assert self._task is not None
        async with asyncio.timeout(WAIT_S):
            await self._task
        return self.wire.closed

    async def leave(self) -> None:
        """Close the window."""
        self.wire.events.put_nowait({"type": "websocket.disconnect", "code": 1001})
        await self.ended()

    def pushes(self, kind: str) -> list[Frame]:
        """The `d` of each push of one kind so far."""
        return [frame["d"] for frame in self.wire.frames() if frame.get("t") == kind]

    def texts(self, conv: str) -> list[str]:
        """The texts of one conversation as they came."""
        return [d["body"] for d in self.pushes("msg") if d["conv"] == conv and d["kind"] == "text"]

    def cursor(self, conv: str) -> list[int]:
        """The newest position that this window was told of."""
        seen = [[d["epoch"], d["seq"]] for d in self.pushes("msg") if d["conv"] == conv]
        greetings = [frame["d"]["heads"] for frame in self.wire.frames() if "heads" in frame.get("d", {})]
        seen += [[head["epoch"], head["head"]] for heads in greetings for head in heads if head["conv"] == conv]
        return max(seen, default=[1, 0])

    async def _send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)


@dataclass
class Engines:
    """What all replicas share."""

    database: Database
    log: MessageLog
    fanout: Any
    presence: InProcessPresence
    calls: InProcessCalls
    ended: InProcessEndedCalls
    limits: InProcessRateLimits
    people: SqlConversations


class Replica:
    """One chat-service, running."""

    def __init__(self, component: Component) -> None:
        self.component = component
        self.endpoint = component.routers[0].routes[0].endpoint  # type: ignore[attr-defined]


class Chat:
    """Replicas, people and conversations."""

    def __init__(self, engines: Engines, group: asyncio.TaskGroup) -> None:
        self.engines, self._group = engines, group
        self.accounts: dict[str, Account] = {}
        self._tokens: dict[str, str] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._windows: list[Window] = []

    async def people(self, *names: str) -> None:
        """Accounts that are signed in."""
        self.accounts |= await sign_up(self.engines.database, *names)
        for name in names:
            self._tokens[name] = await sign_in(self.engines.database, self.accounts[name])

    def replica(self, **engines: Any) -> Replica:
        """One more chat-service; an engine can be replaced for it alone."""
        e = self.engines
        shared = {name: getattr(e, name) for name in ("log", "fanout", "limits", "presence", "calls", "ended")}
        parts = {"sessions": SqlSessions(e.database), "membership": e.people, **shared}
        settings = ChatSettings(database_url="sqlite+aiosqlite:", message_log_url="sqlite:", drain_seconds=0.1)
        component = assemble(settings, Parts(**parts | engines))
        self._tasks += [self._group.create_task(task()) for task in component.tasks.values()]
        return Replica(component)

    def window(self, replica: Replica, name: str, party: str | None = None) -> Window:
        """A window of this person, not connected yet."""
        self._windows.append(Window(replica, self._tokens[name], party))
        return self._windows[-1]

    def token(self, name: str) -> str:
        return self._tokens[name]

    async def group(self, *names: str) -> str:
        """The id of a new group; the first is its owner."""
        ids = [self.accounts[name].id for name in names]
        return (await self.engines.people.create_group(str(uuid.uuid4()), ids[0], ids, "A group")).id

    async def close(self) -> None:
        for window in self._windows:
            window.wire.close(1001, "the test is over")
            await window.ended()
        for task in self._tasks:
            task.cancel()


Open = Callable[[Path], AbstractAsyncContextManager[Chat]]


@asynccontextmanager
async def chatting(folder: Path, fanout: Any = None) -> AsyncIterator[Chat]:
    """Engines for a test; everything is closed at its end."""
    async with sqlite(folder, MovableClock()) as database, LOGS["sqlite"](folder) as log:
        engines = Engines(
            database=database,
            log=log,
            fanout=fanout or InProcessFanout(),
            presence=InProcessPresence(),
            calls=InProcessCalls(),
            ended=InProcessEndedCalls(),
            limits=InProcessRateLimits(),
            people=SqlConversations(database, lobby=True),
        )
        async with asyncio.TaskGroup() as group:
            chat = Chat(engines, group)
            yield chat
            await chat.close()


__all__ = ["LOBBY", "ORIGIN", "Chat", "Closed", "Replica", "Window", "Wire", "chatting", "payloads"]
