"""Idempotency keys on a Redis or Valkey server.

A key holds a record: whose reservation it is, which request, and the answer once there is one. It is only replaced or
freed by the holder that wrote it, so a request that outlives its reservation leaves the next holder's alone.

While the server is away `begin` raises: whoever brought a key asks not to be carried out twice, which nobody could
promise then. Ending a reservation raises nothing. An answer that cannot be kept was still given, and a request that
comes again meets the reservation for the rest of its minute.
"""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast
from weakref import WeakKeyDictionary

import msgspec

from parley.idempotency.model import KEPT_S, RESERVED_S, Answer
from parley.idempotency.port import KeyInProgress, KeyReused, KeysUnavailable
from parley.redis.commands import Command, Script, command
from parley.redis.connections import open_redis
from parley.redis.refusals import AWAY
from parley.redis.server import Server

_FINISH = Script("""
local held = redis.call('GET', KEYS[1])
if not held or held == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
""")

_RELEASE = Script("""
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
""")

_log = logging.getLogger("parley.idempotency")


class _Record(msgspec.Struct, array_like=True):
    holder: bytes
    fingerprint: bytes
    answer: Answer | None


_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(_Record).decode


@asynccontextmanager
async def open_redis_idempotency(url: str) -> AsyncIterator["RedisIdempotency"]:
    """The keys over connections of their own. Raises ConfigurationError for a URL that is none."""
    async with open_redis(url) as server:
        yield RedisIdempotency(server)


class RedisIdempotency:
    """See the port. The task that began a request is its holder, and the one that ends the reservation."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._held: WeakKeyDictionary[asyncio.Task[Any], dict[str, _Record]] = WeakKeyDictionary()

    async def begin(self, user: str, key: str, fingerprint: bytes) -> Answer | None:
        """See the port."""
        name = _name(user, key)
        mine = _Record(secrets.token_bytes(16), fingerprint, None)
        found = await self._reserve(name, _pack(mine))
        if found is None:
            self._mine()[name] = mine
            return None
        record = _unpack(found)
        if record.fingerprint != fingerprint:
            raise KeyReused
        if record.answer is None:
            raise KeyInProgress
        return record.answer

    async def finish(self, user: str, key: str, answer: Answer) -> None:
        """See the port."""
        name = _name(user, key)
        if mine := self._mine().pop(name, None):
            kept = _pack(_Record(mine.holder, mine.fingerprint, answer))
            await self._end(_FINISH(name, _pack(mine), kept, _ms(KEPT_S)))

    async def release(self, user: str, key: str) -> None:
        """See the port."""
        name = _name(user, key)
        if mine := self._mine().pop(name, None):
            await self._end(_RELEASE(name, _pack(mine)))

    async def _reserve(self, name: str, record: bytes) -> bytes | None:
        try:
            reserving = command("SET", name, record, "NX", "GET", "PX", _ms(RESERVED_S))
            return cast("bytes | None", await self._server.ask(reserving))
        except AWAY as error:
            raise KeysUnavailable from error

    async def _end(self, ending: Command) -> None:
        try:
            await self._server.ask(ending)
        except AWAY as error:
            _log.warning("a reservation was left to end by itself: %s", error)

    def _mine(self) -> dict[str, _Record]:
        return self._held.setdefault(cast("asyncio.Task[Any]", asyncio.current_task()), {})


def _name(user: str, key: str) -> str:
    return f"idem:{{{user}}}:{key}"


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
