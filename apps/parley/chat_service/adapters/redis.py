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

from redis.asyncio import Redis

from parley.chat_service.adapters.redis_scripts import EXPIRED, MOVE, PLAN, SETTLE
from parley.chat_service.model import Change, Party, Seen
from parley.chat_service.presence import GRACE_S, LEASE_S
from parley.redis.connections import AWAY, open_redis

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
    async with open_redis(url) as client:
        yield RedisPresence(client)


class RedisPresence:
    """See the port. `clock` gives seconds since 1970 UTC in place of the server's own."""

    def __init__(self, client: Redis, clock: Callable[[], float] | None = None) -> None:
        self._client, self._clock = client, clock
        self._plan, self._expired = client.register_script(PLAN), client.register_script(EXPIRED)
        self._settle, self._move = client.register_script(SETTLE), client.register_script(MOVE)

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
        while due := await _unless_away(self._expired([_DUE], [self._now(), _AT_ONCE]), []):
            found += await _unless_away(self._look_at(due), [])
            if len(due) < 2 * _AT_ONCE:
                break
        return found

    async def statuses(self, users: Collection[str]) -> Mapping[str, Seen]:
        """See the port."""
        known: dict[str, Seen] = {}
        for some in _portions(list(users)):
            known |= await _unless_away(self._statuses(some), {})
        return {user: known.get(user, Seen("offline", None)) for user in users}

    async def _renew(self, people: Sequence[tuple[str, dict[str, str]]]) -> list[Change]:
        pipeline = self._client.pipeline(transaction=False)
        members = [_member(user, party) for user, windows in people for party in windows]
        await self._plan([_DUE], [self._now(), _LEASE, *members], client=pipeline)
        for user, windows in people:
            pairs = [text for window in windows.items() for text in window]
            await self._apply(pipeline, user, "renew", _LEASE, *pairs)
        _, *answers = await pipeline.execute()
        return _changes([user for user, _ in people], answers)

    async def _leave(self, user: str, party: str) -> list[Change]:
        pipeline = self._client.pipeline(transaction=False)
        await self._plan([_DUE], [self._now(), _GRACE, _member(user, "")], client=pipeline)
        await self._apply(pipeline, user, "leave", _GRACE, party)
        _, answer = await pipeline.execute()
        return _changes([user], [answer])

    async def _look_at(self, due: Sequence[bytes]) -> list[Change]:
        members, scores = [it.decode() for it in due[::2]], due[1::2]
        people = [member.partition("|") for member in members]
        pipeline = self._client.pipeline(transaction=False)
        for user, _, party in people:
            await self._apply(pipeline, user, "look", 0, party)
        answers = await pipeline.execute()
        for member, score, (*_, again) in zip(members, scores, answers, strict=True):
            await self._move([_DUE], [member, score, again], client=pipeline)
        await _unless_away(pipeline.execute(), [])
        return _changes([user for user, _, _ in people], answers)

    async def _statuses(self, users: Sequence[str]) -> dict[str, Seen]:
        pipeline = self._client.pipeline(transaction=False)
        for user in users:
            pipeline.hmget(_key(user), ["status", "since"])
        answers = await pipeline.execute()
        return {user: _seen(*answer) for user, answer in zip(users, answers, strict=True)}

    async def _apply(self, pipeline: Any, user: str, what: str, lasts: int, *details: str) -> None:
        await self._settle([_key(user)], [self._now(), SEEN_S, what, lasts, *details], client=pipeline)

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


def _changes(users: Sequence[str], answers: Sequence[Sequence[bytes]]) -> list[Change]:
    return [
        Change(user, cast("Any", status.decode())) for user, (status, _) in zip(users, answers, strict=True) if status
    ]


def _portions(every: Sequence[T]) -> Sequence[Sequence[T]]:
    return [every[at : at + _AT_ONCE] for at in range(0, len(every), _AT_ONCE)]


async def _unless_away(asking: Awaitable[T], otherwise: T) -> T:
    try:
        return await asking
    except AWAY as error:
        _log.warning("presence is not known: %s", error)
        return otherwise
