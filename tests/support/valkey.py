"""One Valkey server in a container for all tests of a run, emptied before each, and the adapters that use it."""

import atexit
import functools
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from redis.asyncio import Redis
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from parley.chat_service.adapters.redis import RedisPresence
from parley.fanout.redis import RedisFanout, open_redis_fanout
from parley.message_service.adapters.redis import RedisIdempotency
from parley.ratelimits.redis import RedisRateLimits
from parley.redis.connections import open_redis

NOBODY = "redis://127.0.0.1:1/0"
"""A server that is away."""

Clock = Callable[[], float]


@functools.cache
def server() -> DockerContainer:
    """The one server, started by the first test that needs it and stopped at the end of the run."""
    container = DockerContainer("valkey/valkey:9").with_exposed_ports(6379)
    container.waiting_for(LogMessageWaitStrategy("Ready to accept connections"))
    container.start()
    atexit.register(container.stop)
    return container


def url() -> str:
    """Where the server listens."""
    return f"redis://{server().get_container_host_ip()}:{server().get_exposed_port(6379)}/0"


@contextmanager
def paused() -> Iterator[None]:
    """The server does not get to run meanwhile; its connections stay as they are."""
    server().get_wrapped_container().pause()
    try:
        yield
    finally:
        server().get_wrapped_container().unpause()


@asynccontextmanager
async def emptied() -> AsyncIterator[Redis]:
    """A client of the server, which holds nothing."""
    async with open_redis(url()) as client:
        await client.flushdb()
        yield client


@asynccontextmanager
async def fanout() -> AsyncIterator[RedisFanout]:
    async with open_redis_fanout(url()) as opened:
        yield opened


@asynccontextmanager
async def rate_limits(clock: Clock | None) -> AsyncIterator[RedisRateLimits]:
    async with emptied() as client:
        yield RedisRateLimits(client, clock)


@asynccontextmanager
async def presence(clock: Clock | None) -> AsyncIterator[RedisPresence]:
    async with emptied() as client:
        yield RedisPresence(client, clock)


@asynccontextmanager
async def idempotency(clock: Clock) -> AsyncIterator["AgingIdempotency"]:
    async with emptied() as client:
        yield AgingIdempotency(client, clock)


class AgingIdempotency(RedisIdempotency):
    """Whose keys end when the test's clock says so: as time passes there, they have less of it left on the server."""

    def __init__(self, client: Redis, clock: Clock) -> None:
        super().__init__(client)
        self._server, self._clock, self._aged = client, clock, clock()

    async def begin(self, user, key, fingerprint):
        await self._age()
        return await super().begin(user, key, fingerprint)

    async def finish(self, user, key, answer):
        await self._age()
        await super().finish(user, key, answer)

    async def release(self, user, key):
        await self._age()
        await super().release(user, key)

    async def _age(self) -> None:
        passed_ms, self._aged = round((self._clock() - self._aged) * 1000), self._clock()
        names = [name async for name in self._server.scan_iter(count=1000)] if passed_ms else []
        lives = self._server.pipeline(transaction=False)
        for name in names:
            lives.pttl(name)
        ends = self._server.pipeline(transaction=False)
        for name, left_ms in zip(names, await lives.execute(), strict=True):
            ends.pexpire(name, left_ms - passed_ms)
        await ends.execute()
