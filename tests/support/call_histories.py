"""Random histories of calls: people with a few windows each, replicas that die, frames that are late and doubled.

What runs is the service itself (`service/calling.py`, `service/recording.py`), stopped after any step, over the engines
of `call_engines.py`, by the windows of `call_replicas.py`. At the end the network is good again; then everything has to
have come together.
"""

import random
from types import ModuleType
from typing import Any

import msgspec
from support.call_replicas import Engines, Replica, Window

from parley.chat_service.calls import rules
from parley.chat_service.calls.model import CLAIM_MS, HELD_MS, REMEMBERED_MS, snapshot
from parley.chat_service.service import calling, recording
from parley.contracts import client_frames as frames

LENGTH = 30
"""So many things happen before the network is good again."""

RETRIED_MS = 60_000
"""No client sends a frame again later; a call that is over is remembered for longer."""


class World:
    """One history. `run` raises AssertionError for one that must not be."""

    def __init__(
        self,
        seed: int,
        rules: ModuleType = rules,
        calling: ModuleType = calling,
        recording: ModuleType = recording,
    ) -> None:
        self.rng = rng = random.Random(seed)
        names = [f"u{number}" for number in range(rng.choice((2, 2, 3, 3, 4, 5, 6)))]
        members = {"c": tuple(names), "d": tuple(names[: rng.randint(2, len(names))])}
        self._engines = engines = Engines(rng, rules, members)
        self.time, self.store, self.log, self.network = engines.time, engines.store, engines.log, engines.network
        self.windows = [Window(name, f"{name}{n}") for name in names for n in range(rng.choice((1, 1, 2, 3)))]
        for window in self.windows:
            self.network.windows.setdefault(window.user, []).append(window)
            window.convs = {conv for conv, there in members.items() if window.user in there}
        self.replicas = [Replica(engines, calling, recording) for _ in range(rng.randint(1, 3))]
        self._sent: list[tuple[tuple[Window, str, Any], int]] = []
        self._asked = 0

    def run(self) -> "World":
        try:
            self._happen()
            self._come_together()
            self._fall_silent()
        finally:
            for replica in self.replicas:
                replica.die()
        return self

    def _happen(self) -> None:
        for window in self.windows:
            self._connect(window)
        happenings = (self._work, self._say, self._deliver, self._wait, self._look, self._move, self._die)
        weights = (30, 20, 10, 4, 4, 3, 1)
        for happening in self.rng.choices(happenings, weights, k=LENGTH):
            happening()

    def _work(self) -> None:
        busy = [it for it in self.replicas if it.work]
        if busy:
            replica = self.rng.choice(busy)
            for _ in range(min(len(replica.work) * 4, 12)):
                if replica.work:
                    replica.step(self.rng)

    def _say(self) -> None:
        again = [it for it, at_ms in self._sent[-8:] if self.time.now_ms - at_ms < RETRIED_MS]
        if again and self.rng.random() < 0.15:
            # The same frame once more: its answer was lost, or it was on its way for long.
            window, method, frame = self.rng.choice(again)
        else:
            window = self.rng.choice(self.windows)
            method, frame = self._frame(window)
            self._sent.append(((window, method, frame), self.time.now_ms))
        if window.replica is not None:
            window.replica.start(getattr(window.replica.calling, method)(window, frame))

    def _frame(self, window: Window) -> tuple[str, Any]:
        what = self.rng.choice(("invite", "accept", "accept", "decline", "end", "end", "ringing"))
        if what == "invite" or not window.calls:
            self._asked += 1
            data = frames.InviteData(self.rng.choice(sorted(window.convs)), self.rng.choice(("audio", "video")))
            return "invite", frames.Invite(f"call-{self._asked}", data)
        conv, call = self.rng.choice(window.calls[-3:])
        if what == "ringing":
            return what, frames.Ringing(d=frames.CallData(conv, call))
        kind = {"accept": frames.Accept, "decline": frames.Decline, "end": frames.End}[what]
        reason = self.rng.choice((msgspec.UNSET, msgspec.UNSET, "busy", "failed"))
        return what, kind(f"frame-{self._asked}", frames.CallData(conv, call, reason))

    def _deliver(self) -> None:
        for window in self.rng.sample(self.windows, min(3, len(self.windows))):
            if window.coming:
                one = window.coming.pop(self.rng.randrange(len(window.coming)))
                if window.replica is not None:
                    window.learn(one)

    def _wait(self) -> None:
        self.time.now_ms += self.rng.choice((1, 500, 5_000, 15_000, 30_000, 130_000))
        self.store.watch()

    def _look(self) -> None:
        replica = self.rng.choice(self.replicas)
        replica.start(replica.calling.look())
        replica.start(replica.calling.renew_all())

    def _move(self) -> None:
        window = self.rng.choice(self.windows)
        if window.replica is None:
            return self._connect(window)
        window.replica.windows.remove(window)
        window.is_signed_out = self.rng.random() < 0.2
        window.replica.start(window.replica.calling.gone(window))
        window.replica = None

    def _die(self) -> None:
        self.rng.choice(self.replicas).die()

    def _connect(self, window: Window) -> None:
        window.replica, window.calling, window.is_signed_out = self.rng.choice(self.replicas), None, False
        window.replica.windows.append(window)
        window.replica.start(self._greet(window, window.replica))

    async def _greet(self, window: Window, replica: Replica) -> None:
        for one in await replica.calling.greet(window, window.convs):
            window.learn(one)

    def _finish(self) -> None:
        for replica in self.replicas:
            replica.finish()

    def _come_together(self) -> None:
        """The network is good, time passes, every window is there: all of them know how things stand."""
        if self.rng.random() < 0.3:
            self._die()
        self.network.is_bad = False
        self._look_and_finish()
        self._compare_claims()
        for window in self.windows:
            if window.replica is None:
                self._connect(window)
        for _ in range(2):
            self._look_and_finish()
            self.time.now_ms += 30_000
            for replica in self.replicas:
                replica.start(replica.calling.renew_all())
        self._look_and_finish()
        self._read_all()
        for window in self.windows:
            for conv in window.convs:
                self._compare(window, conv)
        self._compare_claims()

    def _look_and_finish(self) -> None:
        self._finish()
        self.replicas[0].start(self.replicas[0].calling.look())
        self._finish()

    def _compare_claims(self) -> None:
        self.store.watch()
        for user in self.network.windows:
            held, joined = self.store.held(user), self.store.joined(user)
            # What was cut off may have left a claim, which ends by itself.
            assert held == joined or self._engines.has_lost_work, f"{user} is in {joined} and holds {held}"

    def _read_all(self) -> None:
        for window in self.windows:
            for one in window.coming:
                window.learn(one)
            window.coming.clear()
            for entries in self.log.entries.values():
                for entry in entries:
                    window.read(entry.conv, entry.id)

    def _compare(self, window: Window, conv: str) -> None:
        live, known = self.store.lines[conv].live if conv in self.store.lines else None, window.known.get(conv)
        if live is None:
            assert known is None or known["state"] == "ended", f"{window.party} is still in a call"
            return
        assert live.pending == 0, "it rings for ever"
        if live.member(window.user):
            assert known is not None, f"{window.party} knows of no call"
            now = snapshot(live, self.time.now_ms)
            assert {**known, "ring_ms": 0} == {**now, "ring_ms": 0}, f"{window.party} knows something else"

    def _fall_silent(self) -> None:
        """All windows go without a word: every call is over and told to be, in the log once, and nothing is held."""
        for window in self.windows:
            if window.replica is not None:
                window.replica.windows.remove(window)
                window.replica = None
        for wait_ms in (HELD_MS, CLAIM_MS, REMEMBERED_MS):
            self.time.now_ms += wait_ms
            self._look_and_finish()
        assert self.store.due() == []
        assert not any(line.live or line.over for line in self.store.lines.values()), "something is left"
        assert not any(self.store.held(window.user) for window in self.windows), "something is still held"
        assert self._engines.ended.calls >= self.store.begun.keys(), "nobody was told that it is over"
        for call in self.store.begun:
            entries = self.log.records(call)
            assert len(entries) == 1, f"{call} is {len(entries)} times in the log"
            over, entry = self.store.over[call], entries[0]
            assert (entry.meta["reason"], entry.sender) == (over.reason, over.caller)
            assert [it["st"] for it in entry.meta["members"]] == [it.st for it in over.members]
        assert sum(map(len, self.log.entries.values())) == len(self.store.begun)
