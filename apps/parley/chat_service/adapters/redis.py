"""Presence on a Redis or Valkey server, for all replicas.

`pres:{user}` is a hash: a field per window with the end of its lease and its status, and what was told of the person
last. `pres:due` says when to look at which window again; an empty window stands for the grace after the last has left.
An entry there is written before the state that it guards, and moved or removed only if it is still the one that was
looked at, so that no crash and no race leaves a lease without one. Times are whole microseconds of the server's clock.

While the server is away nobody changes and everybody is offline.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast

from parley.chat_service.adapters.redis_scripts import EXPIRED, MOVE, PLAN, SETTLE
from parley.chat_service.model import Change, Party, Seen
from parley.chat_service.presence import GRACE_S, LEASE_S
from parley.redis.commands import Command, command
from parley.redis.connections import open_redis
from parley.redis.refusals import AWAY
from parley.redis.server import Server

SEEN_S = 30 * 24 * 3600
"""How long it is known when somebody was here last."""

_AT_ONCE = 500
"""People in one pipeline: a server does nothing else meanwhile."""

_DUE = "pres:due"
_LEASE, _GRACE = round(LEASE_S * 1_000_000), round(GRACE_S * 1_000_000)

T = TypeVar("T")
_log = logging.getLogger("parley.chat_service")


@asynccontextmanager
async def open_redis_presence(url: str) -> AsyncIterator["RedisPresence"]:
    """Presence over connections of its own. Raises ConfigurationError for a URL that is none."""
    async with open_redis(url) as server:
        yield RedisPresence(server)


class RedisPresence:
    """See the port. `clock` gives seconds since 1970 UTC in place of the server's own."""

    def __init__(self, server: Server, clock: Callable[[], float] | None = None) -> None:
        self._server, self._clock = server, clock

    async def renew(self, parties: Collection[Party]) -> Sequence[Change]:
        """See the port."""
        windows: dict[str, dict[str, str]] = {}
        for user, party, status in parties:
            windows.setdefault(user, {})[party] = status
        found: list[Change] = []
        for some in _portions(list(windows.items())):
            found += await _unless_away(self._renew(some), [])
        return found

    async def leave(self, user: str, party: str) -> Sequence[Change]:
        """See the port."""
        return await _unless_away(self._leave(user, party), [])

    async def expire(self) -> Sequence[Change]:
        """See the port."""
        found: list[Change] = []
        while due := await _unless_away(self._due(), []):
            answers = await _unless_away(self._look_at(due), [None] * len(due))
            found += _changes([_user(member) for member, _ in due], answers)
            # Those whose node is away stay due; they would come at once again.
            if len(due) < _AT_ONCE or None in answers:
                break
        return found

    async def statuses(self, users: Collection[str]) -> Mapping[str, Seen]:
        """See the port."""
        known: dict[str, Seen] = {}
        for some in _portions(list(users)):
            known |= await _unless_away(self._statuses(some), {})
        return {user: known.get(user, Seen("offline", None)) for user in users}

    async def _renew(self, people: Sequence[tuple[str, dict[str, str]]]) -> list[Change]:
        await self._plan(_LEASE, [_member(user, party) for user, windows in people for party in windows])
        leases = [
            self._settle(user, "renew", _LEASE, *(text for window in windows.items() for text in window))
            for user, windows in people
        ]
        return _changes([user for user, _ in people], await self._attempt(leases))

    async def _leave(self, user: str, party: str) -> list[Change]:
        await self._plan(_GRACE, [_member(user, "")])
        return _changes([user], await self._attempt([self._settle(user, "leave", _GRACE, party)]))

    async def _plan(self, wait: int, members: Sequence[str]) -> None:
        # Answered before the state is written: the two may lie on different nodes.
        await self._server.ask(PLAN(_DUE, self._now(), wait, *members))

    async def _due(self) -> Sequence[tuple[str, bytes]]:
        found = await self._server.ask(EXPIRED(_DUE, self._now(), _AT_ONCE))
        return [(member.decode(), score) for member, score in zip(found[::2], found[1::2], strict=True)]

    async def _look_at(self, due: Sequence[tuple[str, bytes]]) -> Sequence[Any]:
        looks = [self._settle(user, "look", 0, party) for user, _, party in (it.partition("|") for it, _ in due)]
        answers = await self._attempt(looks)
        moves = [MOVE(_DUE, *it, answer[1]) for it, answer in zip(due, answers, strict=True) if answer is not None]
        await _unless_away(self._server.carry_out(moves), [])
        return answers

    async def _statuses(self, users: Sequence[str]) -> dict[str, Seen]:
        answers = await self._attempt([command("HMGET", _key(user), "status", "since") for user in users])
        return {user: _seen(*answer) for user, answer in zip(users, answers, strict=True) if answer is not None}

    async def _attempt(self, commands: Sequence[Command]) -> Sequence[Any]:
        """The answers, None in place of those whose node is away."""
        answers = await self._server.attempt(commands)
        failed = [it for it in answers if isinstance(it, Exception)]
        if failed:
            _log.warning("presence of %d people is not known: %s", len(failed), failed[0])
        return [None if isinstance(it, Exception) else it for it in answers]

    def _settle(self, user: str, what: str, lasts: int, *details: str) -> Command:
        return SETTLE(_key(user), self._now(), SEEN_S, what, lasts, *details)

    def _now(self) -> int | str:
        return "" if self._clock is None else round(self._clock() * 1_000_000)


def _key(user: str) -> str:
    return f"pres:{{{user}}}"


def _member(user: str, party: str) -> str:
    return f"{user}|{party}"


def _seen(status: bytes | None, since_ms: bytes | None) -> Seen:
    if status is None or since_ms is None:
        return Seen("offline", None)
    return Seen(cast("Any", status.decode()), int(since_ms))


def _user(member: str) -> str:
    return member.partition("|")[0]


def _changes(users: Sequence[str], answers: Sequence[Any]) -> list[Change]:
    told = [(user, answer[0]) for user, answer in zip(users, answers, strict=True) if answer is not None]
    return [Change(user, cast("Any", status.decode())) for user, status in told if status]


def _portions(every: Sequence[T]) -> Sequence[Sequence[T]]:
    return [every[at : at + _AT_ONCE] for at in range(0, len(every), _AT_ONCE)]


async def _unless_away(asking: Awaitable[T], otherwise: T) -> T:
    try:
        return await asking
    except AWAY as error:
        _log.warning("presence is not known: %s", error)
        return otherwise
