"""A server that loses everything, by a command or by starting again empty: what was there is put there again."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from support import valkey
from support.hearing import Ear
from support.relaying import relaying
from support.valkey_group import Group

from parley.chat_service.adapters.redis import RedisPresence, open_redis_presence
from parley.chat_service.model import Change, Party
from parley.chat_service.presence import LEASE_S
from parley.fanout import channels
from parley.fanout.redis import open_redis_fanout
from parley.idempotency.port import KeysUnavailable
from parley.idempotency.redis import open_redis_idempotency
from parley.ratelimits.port import Rate
from parley.ratelimits.redis import open_redis_limits

pytestmark = pytest.mark.engine

ANN = Party("ann", "w1", "active")
RATE = Rate(0.001, 1)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_presence_is_whole_again_after_a_renewal():
    """Whoever is here is known again once their lease was renewed, told as a change, and still ends by itself."""
    clock = Clock()
    async with valkey.ONE.opened() as (opened, (server,)):
        presence = RedisPresence(opened, clock)
        await presence.renew([ANN, Party("bob", "w2", "idle")])
        await server.flushall()
        assert (await presence.statuses(["ann"]))["ann"] == ("offline", None)
        clock.now += LEASE_S / 3
        assert await presence.renew([ANN, Party("bob", "w2", "idle")]) == [
            Change("ann", "active"),
            Change("bob", "idle"),
        ]
        assert (await presence.statuses(["ann"]))["ann"].status == "active"
        clock.now += LEASE_S
        assert sorted(await presence.expire()) == [Change("ann", "offline"), Change("bob", "offline")]


async def test_who_leaves_a_server_that_forgot_them_is_offline():
    """A window that leaves after everything was lost leaves nothing that would never end."""
    clock = Clock()
    async with valkey.ONE.opened() as (opened, (server,)):
        presence = RedisPresence(opened, clock)
        await presence.renew([ANN])
        await server.flushall()
        assert await presence.leave("ann", "w1") == []
        assert (await presence.statuses(["ann"]))["ann"] == ("offline", None)
        clock.now += LEASE_S
        assert await presence.expire() == []
        assert await server.dbsize() == 0


@pytest.fixture
def group():
    group = Group(1)
    group.start(*group.ports)
    yield group
    group.end()


async def test_a_server_that_starts_again_empty(group):
    """Budgets begin full, keys are new, presence is renewed, and revocations are heard before the loss is told."""
    (port,) = group.ports
    url, ear = f"redis://127.0.0.1:{port}/0", Ear()
    async with AsyncExitStack() as stack:
        fanout = await stack.enter_async_context(open_redis_fanout(url))
        presence = await stack.enter_async_context(open_redis_presence(url))
        limits = await stack.enter_async_context(open_redis_limits(url))
        keys = await stack.enter_async_context(open_redis_idempotency(url))
        await fanout.listen(ear).subscribe(channels.REVOKED)
        await presence.renew([ANN])
        assert await limits.take("ann", RATE) == 0
        assert await keys.begin("ann", "k1", b"f") is None
        await asyncio.to_thread(group.signal, "KILL", port)
        assert await limits.take("ann", RATE) == 0
        assert await presence.renew([ANN]) == []
        with pytest.raises(KeysUnavailable):
            await keys.begin("ann", "k1", b"f")
        await fanout.publish(channels.REVOKED, b"lost")
        await asyncio.to_thread(group.start, port)
        await ear.loses()
        await fanout.publish(channels.REVOKED, b"device")
        await ear.hears(channels.REVOKED, b"device")
        assert await presence.renew([ANN]) == [Change("ann", "active")]
        assert await limits.take("ann", RATE) == 0
        assert await limits.take("ann", RATE) > 0
        assert await keys.begin("ann", "k1", b"f") is None
        await fanout.check()


async def test_the_loss_is_told_when_everything_is_heard_again():
    """What was missed is read only after the server has confirmed, so that nothing falls between the two."""
    ear = Ear()
    container = valkey.server()
    async with (
        valkey.emptied() as server,
        relaying(container.get_container_host_ip(), container.get_exposed_port(6379)) as relay,
        open_redis_fanout(relay.url) as fanout,
    ):
        await fanout.listen(ear).subscribe("c:1")
        relay.hold(b"subscribe")
        await server.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        async with asyncio.timeout(20):
            while not (await server.client_list("pubsub")):
                await asyncio.sleep(0.01)
        await server.publish("c:1", b"under way")
        assert ear.losses == 0
        relay.answering.set()
        await ear.loses()
        await ear.hears("c:1", b"under way")
