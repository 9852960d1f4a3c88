"""Servers that share the keys: whatever is asked finds its node, and a node that dies is soon replaced."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from redis.asyncio import Redis
from redis.crc import key_slot
from support import valkey
from support.hearing import Ear
from support.valkey_cluster import CLUSTER, cluster, own_cluster

from parley.chat_service.adapters.redis import RedisPresence, open_redis_presence
from parley.chat_service.model import Change, Party
from parley.chat_service.presence import LEASE_S
from parley.configuration import ConfigurationError
from parley.fanout.port import FanoutUnavailable
from parley.fanout.redis import open_redis_fanout
from parley.ratelimits.port import Rate
from parley.ratelimits.redis import RedisRateLimits, open_redis_limits
from parley.redis.commands import command
from parley.redis.connections import open_redis

pytestmark = pytest.mark.engine

PEOPLE = [f"p{number}" for number in range(60)]
RATE = Rate(0.001, 1)


@pytest.fixture
async def opened():
    async with CLUSTER.opened() as (opened, _):
        yield opened


@pytest.fixture
def broken():
    with own_cluster() as broken:
        yield broken


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_everybody_is_found_on_their_node(opened):
    """People whose keys lie on different nodes come and go together."""
    clock, nodes = Clock(), cluster().holders()
    presence = RedisPresence(opened, clock)
    changes = await presence.renew([Party(user, "w", "active") for user in PEOPLE])
    assert changes == [Change(user, "active") for user in PEOPLE]
    assert {seen.status for seen in (await presence.statuses(PEOPLE)).values()} == {"active"}
    clock.now += LEASE_S
    assert sorted(await presence.expire()) == sorted(Change(user, "offline") for user in PEOPLE)
    ports = {nodes[key_slot(b"pres:{%s}" % user.encode())] for user in PEOPLE}
    assert ports == set(cluster().group.ports)


async def test_answers_come_in_the_order_of_the_questions(opened):
    """Commands to several nodes at once are answered in their order, each with its own."""
    await opened.carry_out([command("SET", f"k{number}", number) for number in range(100)])
    found = await opened.carry_out([command("GET", f"k{number}") for number in range(100)])
    assert found == [str(number).encode() for number in range(100)]


async def test_a_script_that_the_nodes_forgot_is_sent_again(opened):
    """Nodes that have lost their scripts serve the same clients."""
    limits = RedisRateLimits(opened)
    for node in cluster().group.ports:
        await asyncio.to_thread(cluster().group.ask, node, "script", "flush")
    assert [await limits.take(user, RATE) for user in PEOPLE] == [0] * len(PEOPLE)
    assert all([await limits.take(user, RATE) for user in PEOPLE])


async def test_a_slot_that_moves_is_followed(opened):
    """While a slot goes from one node to another, and afterwards, its keys are found where they are."""
    group, (limits, key) = cluster().group, (RedisRateLimits(opened), "lim:{ann}")
    assert await limits.take("ann", RATE) == 0
    slot = (await asyncio.to_thread(group.ask, group.ports[0], "cluster", "keyslot", key)).strip()
    here = await asyncio.to_thread(cluster().holder, key)
    there = next(port for port in group.ports if port != here)
    ids = {port: (await asyncio.to_thread(group.ask, port, "cluster", "myid")).strip() for port in (here, there)}
    await asyncio.to_thread(group.ask, there, "cluster", "setslot", slot, "importing", ids[here])
    await asyncio.to_thread(group.ask, here, "cluster", "setslot", slot, "migrating", ids[there])
    await asyncio.to_thread(group.ask, here, "migrate", "127.0.0.1", str(there), key, "0", "5000")
    assert await limits.take("ann", RATE) > 0
    for port in (there, here):
        await asyncio.to_thread(group.ask, port, "cluster", "setslot", slot, "node", ids[there])
    assert await limits.take("ann", RATE) > 0
    assert await asyncio.to_thread(cluster().holder, key) == there
    assert await opened.ask(command("EXISTS", key)) == 1


async def test_one_connection_hears_for_the_process(opened):
    """However many nodes there are, one of them has one subscriber of this process, who hears what others publish."""
    ear = Ear()
    async with CLUSTER.fanout() as fanout, AsyncExitStack() as stack:
        nodes = [await stack.enter_async_context(Redis.from_url(it)) for it in cluster().nodes]
        subscriptions = fanout.listen(ear)
        for number in range(20):
            await subscriptions.subscribe(f"c:{number}")
        assert sorted([len(await node.client_list("pubsub")) for node in nodes]) == [0, 0, 1]
        for number, node in enumerate(nodes):
            await node.publish(f"c:{number}", b"found")
            await ear.hears(f"c:{number}", b"found")


@pytest.mark.parametrize("signal", ["KILL", "STOP"])
async def test_a_node_that_dies_is_replaced(broken, signal):
    """Whether a node ends or only hangs, its keys are served by its stand-in and what it heard is heard elsewhere."""
    victim = broken.holder("pres:{ann}")
    ear = Ear()
    async with AsyncExitStack() as stack:
        presence = await stack.enter_async_context(open_redis_presence(broken.url))
        limits = await stack.enter_async_context(open_redis_limits(broken.url))
        fanout = await stack.enter_async_context(open_redis_fanout(broken.url))
        await heard_at(fanout, ear, victim)
        assert await presence.renew([Party("ann", "w1", "active")]) == [Change("ann", "active")]
        assert await limits.take("ann", RATE) == 0
        before = ear.losses
        await asyncio.to_thread(broken.group.signal, signal, victim)
        await ear.loses(before + 1)
        await ear.hears_at_last(fanout, "c:1", b"found")
        await asyncio.to_thread(broken.wait_until_ok, victim)
        async with asyncio.timeout(30):
            while (await presence.statuses(["ann"]))["ann"].status != "active":
                await presence.renew([Party("ann", "w1", "active")])
            while await limits.take("ann", RATE) == 0:
                await asyncio.sleep(0.05)
        await fanout.check()


async def heard_at(fanout, ear, port):
    """Subscribe, and have the connection broken until it is made to that node."""
    await fanout.listen(ear).subscribe("c:1")
    async with asyncio.timeout(60):
        while fanout._hearing._connection is None or fanout._hearing._connection.port != port:
            connection, losses = fanout._hearing._connection, ear.losses
            if connection is not None:
                await connection.disconnect(nowait=True)
            await ear.loses(losses + 1)


async def test_half_an_answer_is_told(broken):
    """While the node of some people is away the others are still known, and nobody is told twice."""
    async with open_redis(broken.url) as opened:
        presence = RedisPresence(opened)
        slots = broken.holders()
        nodes = {user: slots[key_slot(b"pres:{%s}" % user.encode())] for user in PEOPLE}
        users = [user for user in PEOPLE if nodes[user] != broken.holder("pres:due")]
        victim = nodes[users[0]]
        await presence.renew([Party(user, "w", "active") for user in users])
        for port in broken.group.ports[3:]:
            await asyncio.to_thread(broken.group.signal, "KILL", port)
        await asyncio.to_thread(broken.group.signal, "STOP", victim)
        known = {user: seen.status for user, seen in (await presence.statuses(users)).items()}
        gone = [user for user in users if nodes[user] == victim]
        assert {known[user] for user in gone} == {"offline"}
        assert len(gone) < len(users)
        assert {known[user] for user in set(users) - set(gone)} == {"active"}


async def test_a_server_that_is_no_cluster():
    """A single server behind a cluster's URL, and nodes that are away, are told apart."""
    url = valkey.url().replace("redis://", "redis+cluster://")
    async with open_redis_fanout(url) as fanout:
        with pytest.raises(ConfigurationError, match="REDIS_URL: the server is none of a cluster"):
            await fanout.check()
    async with open_redis_fanout("redis+cluster://127.0.0.1:1,127.0.0.1:2") as fanout:
        with pytest.raises(FanoutUnavailable, match="no node of the cluster answers"):
            await fanout.check()


async def test_a_node_behind_a_servers_url():
    """One node of a cluster is not the whole of it, and says so."""
    async with open_redis_fanout(f"redis://127.0.0.1:{await asyncio.to_thread(stranger)}/0") as fanout:
        with pytest.raises(ConfigurationError, match="use redis\\+cluster: instead"):
            await fanout.check()


def stranger():
    """The port of a node that has not the key that is looked for."""
    return next(port for port in cluster().group.ports if port != cluster().holder("any"))
