"""Budgets on a Redis or Valkey server, so that all replicas take from one bucket.

A bucket is one key with the moment at which it will be full again, in whole microseconds of the server's clock; see
`inprocess.py` for why. While the server is away everybody is admitted.
"""

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from parley.ratelimits.port import Rate
from parley.redis.commands import Script
from parley.redis.connections import open_redis
from parley.redis.refusals import AWAY
from parley.redis.server import Server

_PATIENCE_S = 0.5
"""Less than the server is given elsewhere, because whoever sends a message then waits for the fan-out as well."""

_KEPT_LONGER_MS = 60_000
"""How long a bucket that is full again is kept: a server's clock that is set back must not fill one early."""

_TAKE = Script("""
local now = tonumber(ARGV[3])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
local token, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local full_at = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now) + token
local too_early = full_at - burst * token - now
if too_early > 0 then
  return math.ceil(too_early / 1000)
end
local kept = math.ceil((full_at - now) / 1000) + tonumber(ARGV[4])
redis.call('SET', KEYS[1], string.format('%.0f', full_at), 'PX', string.format('%.0f', kept))
return 0
""")

_log = logging.getLogger("parley.ratelimits")


@asynccontextmanager
async def open_redis_limits(url: str) -> AsyncIterator["RedisRateLimits"]:
    """The limits over connections of their own. Raises ConfigurationError for a URL that is none."""
    async with open_redis(url) as server:
        yield RedisRateLimits(server)


class RedisRateLimits:
    """See the port. `clock` gives seconds in place of the server's own; `patience_s` is for one answer."""

    def __init__(
        self, server: Server, clock: Callable[[], float] | None = None, patience_s: float = _PATIENCE_S
    ) -> None:
        self._server, self._clock, self._patience_s = server, clock, patience_s

    async def take(self, name: str, rate: Rate) -> int:
        """See the port."""
        token = math.ceil(1_000_000 / rate.per_second)
        now = "" if self._clock is None else round(self._clock() * 1_000_000)
        try:
            async with asyncio.timeout(self._patience_s):
                return int(await self._server.ask(_TAKE(f"lim:{{{name}}}", token, rate.burst, now, _KEPT_LONGER_MS)))
        except AWAY as error:
            _log.warning("a budget could not be asked for, its person is admitted: %s", error)
            return 0
