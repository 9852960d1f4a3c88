"""One Valkey server in a container for all tests of a run, emptied before each, and the adapters that use it.

Next: `valkey_cluster.py` and `valkey_sentinel.py`, where several servers are one.
"""

import atexit
import functools
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any

from redis.asyncio import Redis
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from parley.chat_service.adapters.calls_redis import RedisCalls
from parley.chat_service.adapters.redis import RedisPresence
from parley.endedcalls.redis import RedisEndedCalls
from parley.fanout.redis import RedisFanout, open_redis_fanout
from parley.idempotency.redis import RedisIdempotency
from parley.ratelimits.redis import RedisRateLimits
from parley.redis.connections import open_redis
from parley.redis.server import Server
from parley.rtc_service.adapters.redis import RedisRtcSessions

IMAGE = "valkey/valkey:9"

NOBODY = "redis://127.0.0.1:1/0"
"""A server that is away."""

PATIENT_S = 60.0
"""A time limit that no test comes near."""

Clock = Callable[[], float]


@functools.cache
def server() -> DockerContainer:
    """The one server, started by the first test that needs it and stopped at the end of the run."""
    container = DockerContainer(IMAGE).with_exposed_ports(6379)
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
    """A plain client of the server, which holds nothing."""
    async with _emptied([url()]) as (client,):
        yield client


class Place:
    """Somewhere keys are kept, and each adapter over it, opened on a place that holds nothing.

    `url` is what a service is told, `nodes` are the URLs of all servers that make it up.
    """

    def __init__(self, url: Callable[[], str], nodes: Callable[[], Sequence[str]]) -> None:
        self.url, self._nodes = url, nodes

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[tuple[Server, Sequence[Redis]]]:
        """What the adapters use, and a plain client of each node."""
        async with _emptied(self._nodes()) as nodes, open_redis(self.url()) as server:
            yield server, nodes

    @asynccontextmanager
    async def fanout(self) -> AsyncIterator[RedisFanout]:
        async with open_redis_fanout(self.url()) as opened:
            yield opened

    @asynccontextmanager
    async def rate_limits(self, clock: Clock | None) -> AsyncIterator[RedisRateLimits]:
        async with self.opened() as (server, _):
            # Who gets no answer in time is admitted, which on a busy machine would be one token too many.
            yield RedisRateLimits(server, clock, PATIENT_S)

    @asynccontextmanager
    async def presence(self, clock: Clock | None) -> AsyncIterator[RedisPresence]:
        async with self.opened() as (server, _):
            yield RedisPresence(server, clock)

    @asynccontextmanager
    async def calls(self, clock: Clock | None) -> AsyncIterator[RedisCalls]:
        async with self.opened() as (server, _):
            yield RedisCalls(server, clock)

    @asynccontextmanager
    async def rtc_sessions(self, clock: Clock, life_s: float) -> AsyncIterator["Aging"]:
        async with self.opened() as (server, nodes):
            yield Aging(RedisRtcSessions(server, life_s, clock), nodes, clock)

    @asynccontextmanager
    async def ended_calls(self, clock: Clock) -> AsyncIterator["Aging"]:
        async with self.opened() as (server, nodes):
            yield Aging(RedisEndedCalls(server), nodes, clock)

    @asynccontextmanager
    async def idempotency(self, clock: Clock) -> AsyncIterator["AgingIdempotency"]:
        async with self.opened() as (server, nodes):
            yield AgingIdempotency(server, nodes, clock)


ONE = Place(url, lambda: [url()])
"""The one server."""


class Aging:
    """An adapter over the server; before each call the keys there are as much older as the test's clock has moved."""

    def __init__(self, adapter: Any, nodes: Sequence[Redis], clock: Clock) -> None:
        self._adapter, self._nodes = adapter, nodes
        self._clock, self._aged = clock, clock()

    def __getattr__(self, name):
        method = getattr(self._adapter, name)

        async def call(*values):
            passed_ms, self._aged = round((self._clock() - self._aged) * 1000), self._clock()
            for node in self._nodes if passed_ms else ():
                await _age(node, passed_ms)
            return await method(*values)

        return call


class AgingIdempotency(RedisIdempotency):
    """Whose keys end when the test's clock says so: as time passes there, they have less of it left on the server."""

    def __init__(self, server: Server, nodes: Sequence[Redis], clock: Clock) -> None:
        super().__init__(server)
        self._nodes, self._clock, self._aged = nodes, clock, clock()

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
        if passed_ms:
            for node in self._nodes:
                await _age(node, passed_ms)


async def _age(node: Redis, passed_ms: int) -> None:
    names = [name async for name in node.scan_iter(count=1000)]
    lives = node.pipeline(transaction=False)
    for name in names:
        lives.pttl(name)
    ends = node.pipeline(transaction=False)
    for name, left_ms in zip(names, await lives.execute(), strict=True):
        ends.pexpire(name, left_ms - passed_ms)
    await ends.execute()


@asynccontextmanager
async def _emptied(urls: Sequence[str]) -> AsyncIterator[Sequence[Redis]]:
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(Redis.from_url(it, protocol=3)) for it in urls]
        for client in clients:
            await client.flushall()
        yield clients
