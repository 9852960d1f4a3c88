"""The windows of a history of calls, and the replicas that they are connected to. Next: `call_histories.py`."""

import random
from collections.abc import Callable, Coroutine, Iterator
from types import ModuleType
from typing import Any

from support.call_engines import Ended, Log, Network, People, Plenty, Store, Time

from parley.contracts.problems import ProblemError

Work = Coroutine[Any, Any, Any]

TOO_OLD_MS = 20_000
"""No request lives so long: every store that it waits for has been given up before."""


class Engines:
    """What the replicas share. `has_lost_work` says whether anything that was begun was cut off."""

    def __init__(self, rng: random.Random, rules: ModuleType, members: dict[str, tuple[str, ...]]) -> None:
        self.time, self.log, self.network, self.people = Time(), Log(), Network(rng), People(members)
        self.store = Store(self.time, rules)
        self.ended = Ended(self.store)
        self.has_lost_work = False


class Window:
    """What one window knows, and the socket that it has, if it has one."""

    def __init__(self, user: str, party: str) -> None:
        self.user, self.party = user, party
        self.coming: list[dict[str, Any]] = []
        self.known: dict[str, dict[str, Any]] = {}
        self.calls: list[tuple[str, str]] = []
        self.replica: Replica | None = None
        self.calling: tuple[str, str] | None = None
        self.is_signed_out = False
        self.convs: set[str] = set()

    def learn(self, one: dict[str, Any]) -> None:
        """What the protocol asks of a client: take a snapshot if it is newer than what is known."""
        if one["rev"] > self.known.get(one["conv"], {"rev": 0})["rev"]:
            self.known[one["conv"]] = one
            self.calls.append((one["conv"], one["call"]))

    def read(self, conv: str, call: str) -> None:
        """The entry of a call in the log: it is over."""
        if self.known.get(conv, {}).get("call") == call:
            self.known[conv] = self.known[conv] | {"state": "ended"}


class Replica:
    """One chat-service: the windows that are connected to it, and what it is doing."""

    def __init__(self, engines: Engines, calling: ModuleType, recording: ModuleType) -> None:
        self.windows: list[Window] = []
        self.work: list[tuple[Work, int]] = []
        self._engines = engines
        self.calling = calling.Calling(
            hub=self,
            calls=engines.store,
            ended=engines.ended,
            membership=engines.people,
            recording=recording.Recording(calls=engines.store, log=engines.log, fanout=engines.network),
            fanout=engines.network,
            limits=Plenty(),
            errands=self,
        )

    def __iter__(self) -> Iterator[Window]:
        return iter(list(self.windows))

    def is_shared(self, window: Window) -> bool:
        return False

    def add(self, name: Any, errand: Callable[[], Work]) -> None:
        """See `Errands`. The same errand may be done twice, as it is by two replicas."""
        self.start(errand())

    def start(self, work: Work) -> None:
        self.work.append((work, self._engines.time.now_ms))

    def step(self, rng: random.Random) -> None:
        """Go one step further in something that was begun."""
        at = int(rng.random() * len(self.work))
        if not self._goes_on(*self.work[at]):
            self.work.pop(at)

    def finish(self) -> None:
        """Do all that was begun, one after another."""
        while self.work:
            work, since_ms = self.work.pop()
            while self._goes_on(work, since_ms):
                pass

    def die(self) -> None:
        """Everything stops where it is."""
        for window in self.windows:
            window.replica = None
        self._engines.has_lost_work |= bool(self.work)
        for work, _ in self.work:
            work.close()
        self.windows, self.work = [], []

    def _goes_on(self, work: Work, since_ms: int) -> bool:
        if self._engines.time.now_ms - since_ms > TOO_OLD_MS:
            self._engines.has_lost_work = True
            work.close()
            return False
        try:
            work.send(None)
        except (StopIteration, ProblemError):
            return False
        return True
