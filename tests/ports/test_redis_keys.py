"""What the adapters keep on the server: by its clock, for how long, under which tag, and in which order."""

import asyncio

import pytest
from support import valkey

from parley.chat_service.adapters.redis import SEEN_S, RedisPresence
from parley.chat_service.model import Change, Party
from parley.chat_service.presence import GRACE_S, LEASE_S
from parley.idempotency.model import KEPT_S, RESERVED_S, Answer
from parley.idempotency.redis import RedisIdempotency
from parley.ratelimits.port import Rate
from parley.ratelimits.redis import RedisRateLimits

pytestmark = pytest.mark.engine

ANSWER = Answer(status=201, headers={"ETag": '"1"'}, body=b"{}")
ANN = Party("ann", "w1", "active")


@pytest.fixture
async def opened():
    async with valkey.ONE.opened() as (opened, _):
        yield opened


@pytest.fixture
async def server(opened):
    """A plain client of it."""
    async with valkey.emptied() as client:
        yield client


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_a_budget_goes_by_the_servers_clock(opened, server):
    """Replicas share a bucket, its wait is real time, and its key ends by itself once it has long been full."""
    here, there = RedisRateLimits(opened), RedisRateLimits(opened)
    assert [await it.take("ann", Rate(0.1, 2)) for it in (here, there)] == [0, 0]
    assert 9_000 < await here.take("ann", Rate(0.1, 2)) <= 10_000
    assert 70_000 < await server.pttl("lim:{ann}") <= 80_000


async def test_a_script_that_the_server_forgot_is_sent_again(opened, server):
    """A server that has lost its scripts serves the same clients."""
    limits, presence = RedisRateLimits(opened), RedisPresence(opened)
    await limits.take("ann", Rate(1, 1))
    await server.script_flush()
    assert await limits.take("ann", Rate(1, 1)) > 0
    await server.script_flush()
    assert await presence.renew([ANN]) == [Change("ann", "active")]


async def test_presence_goes_by_the_servers_clock(opened, server):
    """Without a clock of the test, leases and since-when are told in the server's time."""
    presence = RedisPresence(opened)
    seconds, micros = await server.time()
    assert await presence.renew([ANN]) == [Change("ann", "active")]
    since_ms = (await presence.statuses(["ann"]))["ann"].since_ms
    assert 0 <= since_ms - (seconds * 1000 + micros // 1000) < 10_000
    due = await server.zscore("pres:due", "ann|w1") / 1000
    assert abs(due - since_ms - LEASE_S * 1000) < 1_000
    assert await presence.expire() == []
    assert SEEN_S - 60 < await server.ttl("pres:{ann}") <= SEEN_S


async def test_nothing_is_due_of_who_is_gone(opened, server):
    """Once everybody is offline nothing is left to look at."""
    clock = Clock()
    presence = RedisPresence(opened, clock)
    await presence.renew([ANN, Party("ann", "w2", "idle"), Party("bob", "w3", "idle")])
    await presence.leave("ann", "w1")
    clock.now += LEASE_S
    assert sorted(await presence.expire()) == [Change("ann", "offline"), Change("bob", "offline")]
    assert await server.zcard("pres:due") == 0
    assert set(await server.hkeys("pres:{bob}")) == {b"status", b"since"}


async def test_many_who_expire_are_told_once(opened):
    """Of replicas that sweep at the same time one tells each change, however many people there are."""
    clock = Clock()
    replicas = [RedisPresence(opened, clock) for _ in range(3)]
    people = [f"p{number}" for number in range(1_200)]
    told = await replicas[0].renew([Party(user, "w", "active") for user in people])
    assert sorted(told) == sorted(Change(user, "active") for user in people)
    clock.now += LEASE_S
    told = [change for some in await asyncio.gather(*(it.expire() for it in replicas)) for change in some]
    assert sorted(told) == sorted(Change(user, "offline") for user in people)


async def test_a_renewal_that_crosses_a_sweep_is_kept(opened):
    """A window that is renewed while a sweep has it in hand is looked at again when its new lease ends."""
    clock = Clock()
    presence = RedisPresence(opened, clock)
    await presence.renew([ANN])
    clock.now += LEASE_S
    look_at = presence._look_at

    async def crossed(due):
        await presence.renew([ANN])
        return await look_at(due)

    presence._look_at = crossed
    assert await presence.expire() == []
    presence._look_at = look_at
    clock.now += LEASE_S - 1
    assert await presence.expire() == []
    clock.now += 1
    assert await presence.expire() == [Change("ann", "offline")]


async def test_a_renewal_behind_a_look_is_kept(opened):
    """A window that comes back when a sweep has told that it is gone is looked at again when its new lease ends."""
    clock = Clock()
    presence = RedisPresence(opened, clock)
    await presence.renew([ANN])
    clock.now += LEASE_S
    told = []

    class Crossed:
        async def attempt(self, commands):
            answers = await opened.attempt(commands)
            told.extend(await RedisPresence(opened, clock).renew([ANN]))
            return answers

        def __getattr__(self, name):
            return getattr(opened, name)

    presence._server = Crossed()
    assert await presence.expire() == [Change("ann", "offline")]
    assert told == [Change("ann", "active")]
    presence._server = opened
    clock.now += LEASE_S
    assert await presence.expire() == [Change("ann", "offline")]


async def test_a_window_looked_at_too_early_is_looked_at_again(opened):
    """A sweep that finds a lease still running comes back when it ends."""
    clock = Clock()
    presence = RedisPresence(opened, clock)
    await presence.renew([ANN])
    await presence._plan(0, ["ann|w1"])
    assert await presence.expire() == []
    clock.now += LEASE_S
    assert await presence.expire() == [Change("ann", "offline")]


async def test_a_grace_looked_at_too_early_is_looked_at_again(opened):
    """A sweep that finds a grace still running changes nothing, and comes back when it ends."""
    clock = Clock()
    presence = RedisPresence(opened, clock)
    await presence.renew([ANN])
    await presence.leave("ann", "w1")
    await presence._plan(0, ["ann|"])
    assert await presence.expire() == []
    assert (await presence.statuses(["ann"]))["ann"].status == "active"
    clock.now += GRACE_S
    assert await presence.expire() == [Change("ann", "offline")]


async def test_a_crash_between_sweep_and_state_loses_nobody(opened, server):
    """Of a sweep that ended halfway the next one finds the rest, as it does of a renewal that was planned only."""
    clock = Clock()
    presence = RedisPresence(opened, clock)
    await presence.renew([ANN])
    clock.now += LEASE_S
    assert [member for member, _ in await presence._due()] == ["ann|w1"]
    await presence._plan(0, ["bob|w1"])
    assert await presence.expire() == [Change("ann", "offline")]
    assert await server.zcard("pres:due") == 0


async def test_a_key_ends_by_itself(opened, server):
    """A reservation ends after a minute, an answer after a day, by the server's clock."""
    keys = RedisIdempotency(opened)
    assert await keys.begin("ann", "k1", b"f") is None
    assert RESERVED_S - 10 < await server.ttl("idem:{ann}:k1") <= RESERVED_S
    await keys.finish("ann", "k1", ANSWER)
    assert KEPT_S - 10 < await server.ttl("idem:{ann}:k1") <= KEPT_S
