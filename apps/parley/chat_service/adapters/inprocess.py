"""Presence in this process's memory."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from parley.chat_service.model import Change, Party, Seen, Status
from parley.chat_service.presence import Person

Clock = Callable[[], float]


class InProcessPresence:
    """See the port. `clock` gives seconds and never goes back, `wall` seconds since 1970 UTC."""

    def __init__(self, clock: Clock = time.monotonic, wall: Clock = time.time) -> None:
        self._clock, self._wall = clock, wall
        self._people: dict[str, Person] = {}
        self._due: dict[str, float] = {}
        self._since_ms: dict[str, int] = {}

    async def renew(self, parties: Collection[Party]) -> Sequence[Change]:
        """See the port."""
        now = self._clock()
        renewed = [it.user for it in parties if self._person(it.user).renew(it.party, it.status, now)]
        self._plan({it.user for it in parties})
        return self._changes(renewed)

    async def leave(self, user: str, party: str) -> Sequence[Change]:
        """See the port."""
        changed = user in self._people and self._people[user].leave(party, self._clock())
        self._plan([user])
        return self._changes([user] if changed else [])

    async def expire(self) -> Sequence[Change]:
        """See the port."""
        now = self._clock()
        due = [user for user, at in self._due.items() if at <= now]
        changed = [user for user in due if self._people[user].settle(now)]
        self._plan(due)
        return self._changes(changed)

    async def statuses(self, users: Collection[str]) -> Mapping[str, Seen]:
        """See the port."""
        return {user: Seen(self._status(user), self._since_ms.get(user)) for user in users}

    def _person(self, user: str) -> Person:
        return self._people.setdefault(user, Person())

    def _status(self, user: str) -> Status:
        return self._people[user].status if user in self._people else "offline"

    def _plan(self, users: Iterable[str]) -> None:
        for user in users:
            due = self._people[user].due() if user in self._people else float("inf")
            if due == float("inf"):
                self._due.pop(user, None)
                self._people.pop(user, None)
            else:
                self._due[user] = due

    def _changes(self, users: Sequence[str]) -> Sequence[Change]:
        at_ms = round(self._wall() * 1000)
        self._since_ms.update(dict.fromkeys(users, at_ms))
        return [Change(user, self._status(user)) for user in dict.fromkeys(users)]
