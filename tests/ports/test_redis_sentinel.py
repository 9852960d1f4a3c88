"""A primary that dies while sentinels watch it: another server takes its place, and everything comes back by itself."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from support.hearing import Ear
from support.valkey_sentinel import watched

from parley.chat_service.adapters.redis import open_redis_presence
from parley.chat_service.model import Change, Party
from parley.configuration import ConfigurationError
from parley.fanout.port import FanoutUnavailable
from parley.fanout.redis import open_redis_fanout
from parley.idempotency.redis import open_redis_idempotency
from parley.ratelimits.port import Rate
from parley.ratelimits.redis import open_redis_limits

pytestmark = pytest.mark.engine

ANN = Party("ann", "w1", "active")
RATE = Rate(0.001, 1)


@pytest.fixture
def service():
    with watched() as service:
        yield service


async def until(is_so):
    """Return once this is true of what is asked again and again."""
    async with asyncio.timeout(30):
        while not await is_so():
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("signal", ["KILL", "STOP"])
async def test_another_server_takes_over(service, signal):
    """Whether the primary ends or only hangs, each port goes on at its successor, and listeners know of the gap."""
    ear = Ear()
    async with AsyncExitStack() as stack:
        fanout = await stack.enter_async_context(open_redis_fanout(service.url))
        presence = await stack.enter_async_context(open_redis_presence(service.url))
        limits = await stack.enter_async_context(open_redis_limits(service.url))
        keys = await stack.enter_async_context(open_redis_idempotency(service.url))
        subscriptions = fanout.listen(ear)
        await subscriptions.subscribe("c:1")
        await fanout.check()
        assert await presence.renew([ANN]) == [Change("ann", "active")]
        assert await limits.take("ann", RATE) == 0
        await asyncio.to_thread(service.group.signal, signal, service.primary)
        await asyncio.to_thread(service.wait_until_replaced)
        assert "role:master" in await asyncio.to_thread(service.group.ask, service.replica, "info", "replication")
        await ear.loses()
        await ear.hears_at_last(fanout, "c:1", b"found")
        await fanout.check()

        async def is_budget_counted():
            return await limits.take("bob", RATE) > 0

        async def is_presence_known():
            await presence.renew([ANN])
            return (await presence.statuses(["ann"]))["ann"].status == "active"

        await until(is_budget_counted)
        await until(is_presence_known)
        assert await keys.begin("ann", "k1", b"f") is None
    assert "role:master" in await asyncio.to_thread(service.group.ask, service.replica, "info", "replication")


async def test_a_primary_that_steps_down_is_left(service):
    """When the sentinel is told to change servers, connections to the old one are given up."""
    ear = Ear()
    async with open_redis_fanout(service.url) as fanout, open_redis_limits(service.url) as limits:
        await fanout.listen(ear).subscribe("c:1")
        assert await limits.take("ann", RATE) == 0
        await asyncio.to_thread(service.step_down)
        await asyncio.to_thread(service.wait_until_replaced)
        await asyncio.to_thread(service.group.wait_until, [service.primary], "role:slave", "info", "replication")

        async def is_budget_counted():
            return await limits.take("bob", RATE) > 0

        await until(is_budget_counted)
        await ear.loses()
        await fanout.publish("c:1", b"found")
        await ear.hears("c:1", b"found")


async def test_a_service_that_nobody_watches(service):
    """A name that the sentinels do not know is told as such; sentinels that are away are waited for."""
    url = f"redis+sentinel://127.0.0.1:{service.sentinel}/another/0"
    async with open_redis_fanout(url) as fanout:
        with pytest.raises(ConfigurationError, match="REDIS_URL: no sentinel watches 'another'"):
            await fanout.check()
    async with open_redis_fanout("redis+sentinel://127.0.0.1:1/parley") as fanout:
        with pytest.raises(FanoutUnavailable, match="no sentinel answers"):
            await fanout.check()
