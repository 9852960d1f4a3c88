"""A person's window over many replicas that come and go: does what chat-web does, and keeps a ledger of it.

It connects wherever it is let in, resumes with its cursors, keeps one unacknowledged message a conversation, repeats it
with the same id and `after`, and repairs its holes over REST. Next: `ledger.py`; on the wire: `chat_wire.py`.
"""

import asyncio
import itertools
import random
import time
import uuid
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx2
from support.chat_wire import Lost, Refused, Wire
from support.ledger import Ledger, Said, Shown

FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 0.5, 30.0
PAUSE_S = 1.0
PUSHES_FOLLOW_S = 1.0
GAP_S, SLOW_S = 0.4, 10.0
"""After a message was refused as one too many, so long between messages, for so long."""

PAGE = 200


@dataclass(frozen=True)
class Places:
    """Where chat-service and message-service may be reached."""

    chat: Sequence[str]
    messages: Sequence[str]


@dataclass(frozen=True)
class Member:
    """Somebody who is signed in."""

    name: str
    id: str
    token: str


class Screen:
    """What a client shows of one conversation: the entry at each place, and up to where there is no hole."""

    def __init__(self) -> None:
        self.entries: dict[int, Shown] = {}
        self.epoch, self.seq, self.head = 1, 0, 0
        self.is_behind = False

    @property
    def lacks(self) -> bool:
        """Whether something is known to be missing."""
        return self.is_behind or len(self.entries) > self.seq or self.head > self.seq

    def place(self, entry: Shown) -> Shown | None:
        """Show an entry; returns another one that was in its place."""
        before = self.entries.setdefault(entry.seq, entry)
        self.head = max(self.head, entry.seq)
        while self.seq + 1 in self.entries:
            self.seq += 1
        return before if before != entry else None


class ChatClient:
    """One window of one member. `run` keeps it connected; `say` returns when the message is acknowledged."""

    def __init__(
        self, member: Member, places: Places, ledger: Ledger, rng: random.Random, convs: Sequence[str]
    ) -> None:
        self.member, self.ledger, self._rng, self._places = member, ledger, rng, places
        self.screens = {conv: Screen() for conv in convs}
        self.presence: dict[str, str] = {}
        self.watched: list[str] = []
        self.party, self.name = str(uuid.UUID(int=rng.getrandbits(128))), member.name
        self.live = asyncio.Event()
        self.connections = 0
        self.closed_with: list[int] = []
        self._wire: Wire | None = None
        self._asked_s: float | None = None
        """When the server wants it back, if it has said so on the last connection."""
        self._slow_until = self._ready_at = 0.0
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._numbers: defaultdict[str, itertools.count[int]] = defaultdict(lambda: itertools.count(1))
        self._chat = itertools.cycle(rng.sample(places.chat, len(places.chat)))
        self._http = httpx2.AsyncClient(headers={"authorization": f"Bearer {member.token}"}, timeout=10)

    async def run(self) -> None:
        """Stay connected until cancelled."""
        attempt, lost_at = 0, time.monotonic()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._repair_forever())
                while True:
                    if await self._connection(lost_at):
                        attempt = 0
                        lost_at = time.monotonic()
                    longest = min(LONGEST_BACKOFF_S, FIRST_BACKOFF_S * 2**attempt)
                    await asyncio.sleep(self._rng.random() * longest if self._asked_s is None else self._asked_s)
                    attempt += 1
        finally:
            await self._http.aclose()

    async def say(self, conv: str) -> int:
        """Send the next message; returns its place. Tries for as long as it takes."""
        pressed = time.monotonic()
        number = next(self._numbers[conv])
        said = Said(self._new_id(), conv, self.member.id, f"{self.name} {number}", number)
        self.ledger.said[said.id] = said
        screen = self.screens[conv]
        after = [screen.epoch, screen.seq]
        async with self._turns[conv]:
            seq = await self._deliver(said, after)
        self.ledger.ack_s.append(time.monotonic() - pressed)
        return seq

    async def request(self, kind: str, data: dict[str, Any]) -> Any:
        """One request on the connection of the moment. Raises Refused and Lost."""
        if self._wire is None:
            raise Lost
        return await self._wire.request(kind, data, self._new_id())

    async def rest(self, method: str, path: str, **options: Any) -> Any:
        """The JSON that some replica of message-service answers; tried at each of them. Raises httpx2.HTTPError."""
        order = self._rng.sample(self._places.messages, len(self._places.messages))
        for url in order[:-1]:
            with suppress(httpx2.HTTPError):
                return (await self._http.request(method, url + path, **options)).raise_for_status().json()
        return (await self._http.request(method, order[-1] + path, **options)).raise_for_status().json()

    async def history(self, conv: str) -> list[Shown]:
        """All entries as they are stored. Raises httpx2.HTTPError."""
        entries: list[Shown] = []
        while items := (await self._page(conv, len(entries)))["items"]:
            entries += map(Shown.of, items)
        return entries

    async def head(self, conv: str) -> int:
        """How many entries are stored. Raises httpx2.HTTPError."""
        return int((await self._page(conv, 0, 1))["head"])

    async def _connection(self, lost_at: float) -> bool:
        """One connection from its beginning to its end; whether it was of use."""
        wire = Wire(next(self._chat), self.member.token, self._pushed, self.ledger, self.name)
        cursors = {conv: [it.epoch, it.seq] for conv, it in self.screens.items()}
        self._wire = self._asked_s = None
        reading = asyncio.create_task(wire.run())
        try:
            greeting = asyncio.create_task(self._greet(wire, cursors, lost_at))
            await asyncio.wait({reading, greeting}, return_when=asyncio.FIRST_COMPLETED)
            was_useful = greeting.done() and not greeting.cancelled() and greeting.exception() is None
            if was_useful:
                await reading
            greeting.cancel()
            await asyncio.gather(greeting, return_exceptions=True)
            return was_useful
        finally:
            self.live.clear()
            self._wire = None
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            self.closed_with += [wire.code] if wire.code else []

    async def _greet(self, wire: Wire, cursors: dict[str, list[int]], lost_at: float) -> None:
        await wire.connected.wait()
        wire.expect({conv: cursor[1] for conv, cursor in cursors.items()})
        hello = {"party": self.party, "cursors": cursors}
        reply = await wire.request("hello", hello, self._new_id())
        for head in reply["heads"]:
            if head["conv"] in self.screens:
                self.screens[head["conv"]].head = max(self.screens[head["conv"]].head, head["head"])
        self._wire = wire
        await wire.synced.wait()
        if self.watched:
            seen = await self.request("presence.watch", {"users": self.watched})
            self.presence |= {it["user"]: it["status"] for it in seen["statuses"]}
        self.ledger.away_s += [time.monotonic() - lost_at] if self.connections else []
        self.connections += 1
        self.live.set()

    def _pushed(self, kind: str, data: dict[str, Any]) -> None:
        match kind:
            case "msg" if data["conv"] in self.screens:
                self._show(data["conv"], Shown.of(data))
            case "behind":
                for head in data["convs"]:
                    self.screens[head["conv"]].is_behind = True
            case "presence":
                self.presence[data["user"]] = data["status"]
            case "bye":
                self._asked_s = data["reconnect_ms"] / 1000

    def _show(self, conv: str, entry: Shown) -> None:
        other = self.screens[conv].place(entry)
        if other is not None:
            self.ledger.note("reordered", f"{self.name} was shown at {entry.seq} {other.body} and then {entry.body}")

    async def _deliver(self, said: Said, after: list[int]) -> int:
        while True:
            await self.live.wait()
            await self._pace()
            data = {"conv": said.conv, "after": after, "kind": "text", "body": said.body}
            sent = time.monotonic()
            try:
                ack = await self._wire.request("msg.send", data, said.id) if self._wire else None
            except Lost:
                self.ledger.retries += 1
                continue
            except Refused as refused:
                self.ledger.retries += 1
                self.ledger.refused_s += [time.monotonic() - sent] if refused.problem["status"] == 503 else []
                after = await self._refused(said, after, refused)
                continue
            if ack is not None:
                self.ledger.wire_s.append(time.monotonic() - sent)
                self.ledger.acknowledge(said, ack["seq"])
                self._show(said.conv, Shown(ack["seq"], said.id, said.sender, "text", said.body))
                return int(ack["seq"])

    async def _pace(self) -> None:
        now = time.monotonic()
        await asyncio.sleep(max(0.0, self._ready_at - now))
        if now < self._slow_until:
            self._ready_at = time.monotonic() + GAP_S

    async def _refused(self, said: Said, after: list[int], refused: Refused) -> list[int]:
        problem = refused.problem
        if problem["status"] == 429 or problem["status"] >= 500:
            wait_s = problem.get("retry_after_ms", PAUSE_S * 1000) / 1000
            if problem["status"] == 429:
                now = time.monotonic()
                self._slow_until, self._ready_at = now + SLOW_S, now + wait_s
            await asyncio.sleep(wait_s)
            return after
        if not problem["type"].endswith("/stale-cursor"):
            raise refused
        # It may have been stored long ago; it is sent anew only if the log does not hold it.
        while True:
            try:
                entries = await self.history(said.conv)
            except httpx2.HTTPError:
                await asyncio.sleep(PAUSE_S)
                continue
            own = next((it for it in entries if it.id == said.id), None)
            return [after[0], own.seq - 1 if own else len(entries)]

    async def _repair_forever(self) -> None:
        while True:
            lacking = [conv for conv, screen in self.screens.items() if screen.lacks]
            await asyncio.sleep(PUSHES_FOLLOW_S)
            for conv in lacking:
                if self.screens[conv].lacks and self.live.is_set():
                    # Not being answered is what happens while a server is away; the next round asks again.
                    with suppress(httpx2.HTTPError):
                        await self._read_on(conv)

    async def _read_on(self, conv: str) -> None:
        screen = self.screens[conv]
        page = await self._page(conv, screen.seq)
        for item in page["items"]:
            self._show(conv, Shown.of(item))
        screen.is_behind = screen.seq < page["head"]

    def _new_id(self) -> str:
        return str(uuid.UUID(int=self._rng.getrandbits(128)))

    async def _page(self, conv: str, after: int, limit: int = PAGE) -> Any:
        return await self.rest("GET", f"/api/conversations/{conv}/messages?after={after}&limit={limit}")
