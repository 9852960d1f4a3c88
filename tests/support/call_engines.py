"""What a chat-service works through, made to be stopped anywhere: one step at a time, everything by one seed.

Each call is cut into before and after, and between any two steps anything else may run, or nothing any more. The store
of calls keeps its promise and no more; the log keeps its own; the fan-out loses, doubles and reorders. The store also
watches: whatever no history may show is an AssertionError at the step that shows it. Next: `call_histories.py`.
"""

import random
from collections.abc import Generator
from types import ModuleType
from typing import Any

import msgspec

from parley.chat_service.calls.commands import Invite, Look
from parley.chat_service.calls.model import CLAIM_MS, Call, Line, Member
from parley.chat_service.calls.rules import Outcome
from parley.conversations.model import Conversation
from parley.fanout import channels
from parley.messages.model import Draft, Entry, Head
from parley.messages.port import StaleCursor

START_MS = 1_760_000_000_000


class Turn:
    """Lets somebody else go first."""

    def __await__(self) -> Generator[None, None, None]:
        yield


class Time:
    """Passes when the history says so."""

    def __init__(self) -> None:
        self.now_ms = START_MS


class Store:
    """See the port `Calls`. `rules` is the module of that name, or one like it."""

    def __init__(self, time: Time, rules: ModuleType) -> None:
        self._time, self._rules = time, rules
        self.lines: dict[str, Line] = {}
        self.claims: dict[str, dict[str, tuple[str, int]]] = {}
        self.begun: dict[str, Call] = {}
        self.over: dict[str, Call] = {}
        self._were_two: set[str] = set()
        self._answered: set[str] = set()

    async def change(self, conv: str, command: Any) -> Outcome:
        await Turn()
        while True:
            before = self.lines.get(conv, Line())
            outcome = self._rules.change(before, command, self._time.now_ms)
            await Turn()
            if self.lines.get(conv, Line()) == before:
                self._write(conv, before, outcome.line)
                self._watch_invitation(command, before.live, outcome.call)
                await Turn()
                return outcome

    async def live(self, convs: Any) -> Any:
        await Turn()
        found = [(line.live, self._time.now_ms) for conv in convs if (line := self.lines.get(conv)) and line.live]
        await Turn()
        return found

    async def look(self) -> Any:
        return [await self.change(conv, Look()) for conv in self.due()]

    async def claim(self, user: str, conv: str, claim: str) -> bool:
        await Turn()
        if self._elsewhere(user, conv):
            return False
        self.claims.setdefault(user, {})[claim] = (conv, self._time.now_ms + CLAIM_MS)
        await Turn()
        return True

    async def release(self, user: str, claim: str) -> None:
        await Turn()
        self.claims.get(user, {}).pop(claim, None)

    async def engaged(self, users: Any, conv: str) -> frozenset[str]:
        await Turn()
        return frozenset(it for it in users if self._elsewhere(it, conv))

    @property
    def answered(self) -> int:
        """How many calls somebody has answered."""
        return len(self._were_two)

    def due(self) -> list[str]:
        """The conversations that have to be looked at."""
        times = {conv: self._rules.due_ms(line) for conv, line in self.lines.items()}
        return [conv for conv, at in times.items() if at is not None and at <= self._time.now_ms]

    def held(self, user: str) -> set[tuple[str, str]]:
        """The conversation and name of each claim of somebody that has not ended."""
        claims = self.claims.get(user, {}).items()
        return {(conv, name) for name, (conv, until) in claims if until > self._time.now_ms}

    def joined(self, user: str) -> set[tuple[str, str]]:
        """The conversation and claim of each live call that somebody is in."""
        return {
            (conv, it.claim)
            for conv, line in self.lines.items()
            for it in (line.live.members if line.live else ())
            if it.user == user and it.st == "joined" and it.until_ms > self._time.now_ms
        }

    def watch(self) -> None:
        """Nobody is in two calls, and whoever is in one holds the claim that they joined with."""
        for user in {it.user for line in self.lines.values() if line.live for it in line.live.members if it.claim}:
            joined = self.joined(user)
            assert len(joined) <= 1, f"{user} is in {joined}"
            assert joined <= self.held(user), f"{user} is in {joined} and holds {self.held(user)}"

    def _elsewhere(self, user: str, conv: str) -> bool:
        return any(it != conv for it, _ in self.held(user))

    def _write(self, conv: str, before: Line, line: Line) -> None:
        for call in line:
            known = before.find(call.id)
            if call is not known:
                self._watch_call(call, known)
        assert line.rev >= before.rev
        assert before.live is None or line.find(before.live.id), "a live call is gone"
        lost = [it.id for it in before.over if not it.is_recorded and not line.find(it.id)]
        assert not lost, "a call that is not recorded is forgotten"
        self.lines[conv] = line
        self.watch()

    def _watch_call(self, call: Call, known: Call | None) -> None:
        if call.id not in self.begun:
            assert call.id not in self._answered, "an invitation that has been answered begins a call"
            self.begun[call.id] = call
        users, numbers = [it.user for it in call.members], [it.n for it in call.members if it.n]
        assert len(set(users)) == len(users)
        assert len(set(numbers)) == len(numbers)
        is_same = known is not None and (known.members, known.state, known.reason) == _bare(call)
        assert known is None or is_same or _signs(known) == _signs(call) or call.rev > known.rev, "no new revision"
        for member in known.members if known else ():
            self._watch_step(member, call.member(member.user))
        if call.joined >= 2:
            self._were_two.add(call.id)
        if call.state == "ended":
            first = self.over.setdefault(call.id, call)
            assert _bare(first) == _bare(call), "an ended call has changed"
            assert call.reason == "failed" or (call.reason == "completed") == (call.id in self._were_two)
        else:
            assert call.id not in self.over, "an ended call is live again"
            assert call.joined >= 1
            assert call.joined + call.pending >= 2, "nobody to talk to"

    def _watch_step(self, before: Member, after: Member | None) -> None:
        assert after is not None, "somebody is not in the call any more"
        if before.st == "joined" and before.until_ms > self._time.now_ms:
            assert after.st in ("joined", "left"), f"joined, then {after.st}"
            assert after.st == "left" or (after.party, after.n) == (before.party, before.n), "one window for another"

    def _watch_invitation(self, command: Any, before: Call | None, call: Call | None) -> None:
        if isinstance(command, Invite) and call is not None:
            is_new = before is None or before.joins < call.joins
            assert not is_new or command.id not in self._answered, "an old invitation has made somebody join again"
            self._answered.add(command.id)


def _bare(call: Call) -> tuple[Any, ...]:
    return call.members, call.state, call.reason


def _signs(call: Call) -> tuple[Any, ...]:
    return call.state, [(it.user, it.st, it.party, it.n) for it in call.members]


class Ended:
    """See the port `EndedCalls`. No call that goes on is told to be over."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.calls: set[str] = set()

    async def add(self, call: str, *merged: str) -> None:
        await Turn()
        assert call in self._store.over, "a call that goes on is told to be over"
        self.calls |= {call, *merged}


class Log:
    """The log of each conversation: by the promise of `append`, which has a check of its own."""

    def __init__(self) -> None:
        self.entries: dict[str, list[Entry]] = {}

    async def heads(self, convs: Any) -> dict[str, Head]:
        await Turn()
        return {conv: Head(1, len(self.entries.get(conv, []))) for conv in convs}

    async def append(self, draft: Draft, after: Any) -> Entry:
        await Turn()
        entries = self.entries.setdefault(draft.conv, [])
        if after.seq > len(entries):
            raise StaleCursor
        found = next((it for it in entries[after.seq :] if (it.id, it.sender) == (draft.id, draft.sender)), None)
        if found is None:
            found = Entry(
                conv=draft.conv,
                epoch=1,
                seq=len(entries) + 1,
                id=draft.id,
                sender=draft.sender,
                at_ms=0,
                kind=draft.kind,
                meta=draft.meta,
            )
            entries.append(found)
        await Turn()
        return found

    async def read_after(self, conv: str, seq: int, limit: int) -> list[Entry]:
        await Turn()
        return self.entries.get(conv, [])[seq : seq + limit]

    def records(self, call: str) -> list[Entry]:
        """Every entry of a call."""
        return [it for entries in self.entries.values() for it in entries if it.id == call]


class Network:
    """Snapshots on their way to each person's windows. Entries of the log are not here: nobody loses those."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self.is_bad = True
        self.windows: dict[str, list[Any]] = {}
        self._last: tuple[bytes, Any] = (b"", None)

    async def publish(self, channel: str, payload: bytes) -> None:
        # Without a turn: a replica that dies between two of these is the same as the loss of the rest.
        kind, _, name = channel.partition(":")
        if kind == "u":
            frame = self._read(payload)
            for window in self.windows.get(name, ()):
                window.coming += [frame["d"]] * self._copies()

    def _read(self, payload: bytes) -> Any:
        # The same payload goes to one after another.
        if payload is not self._last[0]:
            self._last = (payload, msgspec.json.decode(channels.unpack(payload).frame))
        return self._last[1]

    def _copies(self) -> int:
        return self._rng.choices((0, 1, 2), (20, 70, 10))[0] if self.is_bad else 1


class People:
    """Who is in which conversation."""

    def __init__(self, members: dict[str, tuple[str, ...]]) -> None:
        self._members = members

    async def find(self, conv: str, user: str) -> Conversation | None:
        await Turn()
        members = self._members[conv]
        if user not in members:
            return None
        return Conversation(id=conv, kind="group", title=None, members=members, version=1)


class Plenty:
    """Budgets without an end."""

    async def take(self, name: str, rate: Any) -> int:
        return 0
