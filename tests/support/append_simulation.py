"""A hostile store and impatient clients around the append rule, one step at a time, everything by one seed.

Each call on the store is cut into before and after, and between any two steps anything else may run. Attempts crash,
clients lose patience and retry while the first attempt goes on, fills have unknown outcomes and may take effect much
later, reads and the head register lag behind.
"""

import random
from collections.abc import Callable, Coroutine, Generator, Sequence
from typing import Any

from parley.messages.append import append
from parley.messages.model import Cursor, Draft, Entry, Head
from parley.messages.port import LogUnavailable

CONV = "c"
Attempt = Coroutine[Any, Any, Entry]
FirstAttempt = Callable[["Store", Draft, Cursor], Attempt]


class _Turn:
    """Lets somebody else go first."""

    def __await__(self) -> Generator[None, None, None]:
        yield


class Store:
    """The slots of one conversation. Slots are filled once; everything else may be wrong for a while."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self.slots: dict[int, Entry] = {}
        self._register = 0
        self._late: list[tuple[Draft, Cursor]] = []

    async def head(self, conv: str) -> Head:
        await _Turn()
        lag = self._rng.choice((0, 0, 1, self._register))
        return Head(1, self._rng.randint(max(0, self._register - lag), self._register))

    async def run_from(self, conv: str, seq: int, limit: int) -> Sequence[Entry]:
        await _Turn()
        run = []
        while seq + len(run) in self.slots and len(run) < limit:
            run.append(self.slots[seq + len(run)])
        if self._rng.random() < 0.3:
            run = run[: self._rng.randint(0, len(run))]
        await _Turn()
        return run

    async def fill(self, draft: Draft, place: Cursor) -> Entry | None:
        await _Turn()
        fate = self._rng.random()
        if fate < 0.15:
            self._late.append((draft, place))
            return None
        holder = self._apply(draft, place)
        await _Turn()
        return None if fate < 0.3 else holder

    async def look(self, conv: str, seq: int) -> Entry | None:
        await _Turn()
        return self.slots.get(seq)

    async def commit(self, entry: Entry) -> None:
        await _Turn()
        self._register = max(self._register, entry.seq)

    def apply_late(self) -> None:
        """One of the fills whose outcome was unknown takes effect now, if its slot is still empty."""
        if self._late:
            self._apply(*self._late.pop(self._rng.randrange(len(self._late))))

    def settle(self) -> None:
        """All of them."""
        while self._late:
            self.apply_late()

    def _apply(self, draft: Draft, place: Cursor) -> Entry:
        entry = Entry(
            conv=CONV, epoch=1, seq=place.seq, id=draft.id, sender=draft.sender, at_ms=0, kind="text", body=draft.body
        )
        return self.slots.setdefault(place.seq, entry)


class Client:
    """Sends one message after the other, each again, with the same start, until it is acknowledged."""

    def __init__(self, name: str, messages: int, store: Store, rng: random.Random, first: FirstAttempt) -> None:
        self.name, self._store, self._rng, self._first = name, store, rng, first
        self._unsent = [f"{name}-{number}" for number in range(messages)]
        self._after = Cursor(1, 0)
        self._tries = 0
        self.acknowledged: dict[str, int] = {}
        self.zombies: list[Attempt] = []
        self._attempt: Attempt | None = None

    @property
    def is_done(self) -> bool:
        return not self._unsent

    def step(self) -> None:
        """Start, go on with, lose or give up the attempt at the first message that is not acknowledged."""
        attempt = self._attempt or self._begin()
        fate = self._rng.random()
        if fate < 0.03:
            attempt.close()
            self._attempt = None
        elif fate < 0.12:
            self.zombies.append(attempt)
            self._attempt = None
        else:
            self._go_on(attempt)

    def _begin(self) -> Attempt:
        if self._tries == 0:
            self._after = Cursor(1, self._rng.randint(0, len(self._store.slots)))
        attempt = self._first if self._tries == 0 else append
        self._tries += 1
        draft = Draft(conv=CONV, id=self._unsent[0], sender=self.name, body="x")
        self._attempt = attempt(self._store, draft, self._after)
        return self._attempt

    def _go_on(self, attempt: Attempt) -> None:
        try:
            attempt.send(None)
        except StopIteration as end:
            self.acknowledged[self._unsent.pop(0)] = end.value.seq
            self._attempt, self._tries = None, 0
        except LogUnavailable:
            self._attempt = None


async def starting_at_the_head(store: Store, draft: Draft, after: Cursor) -> Entry:
    """The known mistake: saves a walk, and passes the slot that a retry has filled in the meantime."""
    return await append(store, draft, Cursor(*await store.head(CONV)))


def violations(seed: int, first: FirstAttempt = append) -> list[str]:
    """Run one random history to its end and say which promises it broke; `first` makes the first attempts."""
    rng = random.Random(seed)
    store = Store(rng)
    clients = [Client(f"client{number}", 3, store, rng, first) for number in range(4)]
    while busy := [client for client in clients if not client.is_done]:
        rng.choice(busy).step()
        _stir(store, clients, rng)
    for client in clients:
        for zombie in client.zombies:
            _run_to_end(zombie)
    store.settle()
    return _check(store, clients)


def _stir(store: Store, clients: Sequence[Client], rng: random.Random) -> None:
    if rng.random() < 0.1:
        store.apply_late()
    zombies = [(client, zombie) for client in clients for zombie in client.zombies]
    if zombies and rng.random() < 0.3:
        client, zombie = rng.choice(zombies)
        if _has_ended(zombie):
            client.zombies.remove(zombie)


def _has_ended(attempt: Attempt) -> bool:
    try:
        attempt.send(None)
    except (StopIteration, LogUnavailable):
        return True
    return False


def _run_to_end(attempt: Attempt) -> None:
    while not _has_ended(attempt):
        pass


def _check(store: Store, clients: Sequence[Client]) -> list[str]:
    broken = []
    if sorted(store.slots) != list(range(1, len(store.slots) + 1)):
        broken.append("there is a hole")
    places: dict[str, list[int]] = {}
    for seq, entry in sorted(store.slots.items()):
        places.setdefault(entry.id, []).append(seq)
    broken += [f"{message} is there {len(at)} times" for message, at in places.items() if len(at) > 1]
    for client in clients:
        order = list(client.acknowledged.values())
        if order != sorted(order):
            broken.append(f"{client.name} is out of its own order")
        lost = [it for it, seq in client.acknowledged.items() if places.get(it) != [seq]]
        broken += [f"{message} is not where it was acknowledged" for message in lost]
    return broken
