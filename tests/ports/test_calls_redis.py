"""What calls keep on the server: under which keys, for how long, in which order, and what a torn write leaves."""

import itertools

import pytest
from support import valkey
from support.call_commands import NOW, Clock, accept, invite, passing
from support.interposing import Interposed

from parley.chat_service.adapters.calls_redis import KEPT_S, SOONEST_S, RedisCalls
from parley.chat_service.calls.commands import End, Look, Recorded
from parley.chat_service.calls.model import CLAIM_MS, REMEMBERED_MS, RINGS_MS
from parley.chat_service.errors import CallEnded, CallsUnavailable

pytestmark = pytest.mark.engine


@pytest.fixture
async def opened():
    async with valkey.ONE.opened() as (opened, _):
        yield opened


@pytest.fixture
async def server(opened):
    """A plain client of it."""
    async with valkey.emptied() as client:
        yield client


async def test_calls_go_by_the_servers_clock(opened, server):
    """Without a clock of the test, revisions and what is due are told in the server's time, and keys end."""
    calls = RedisCalls(opened)
    seconds, micros = await server.time()
    begun = await calls.change("c", invite())
    at_ms = seconds * 1000 + micros // 1000
    assert 0 <= begun.call.rev - at_ms < 10_000
    assert begun.call.rings_until_ms == begun.call.rev + RINGS_MS
    assert abs(await server.zscore("call:due", "c") / 1000 - at_ms - 5_000) < 1_000
    assert KEPT_S - 60 < await server.ttl("call:{c}") <= KEPT_S
    assert await calls.claim("ann", "c", "1")
    assert CLAIM_MS - 10_000 < await server.pttl("incall:{ann}") <= CLAIM_MS
    await calls.release("ann", "1")
    assert await server.exists("incall:{ann}") == 0


async def test_nothing_is_left_of_a_forgotten_call(opened, server):
    """When a call is forgotten its key and its entry are gone."""
    clock = Clock()
    calls = RedisCalls(opened, clock)
    await calls.change("c", invite())
    await calls.change("c", End("x", "ann", "ann1"))
    await calls.change("c", Recorded("x"))
    await passing(calls, clock, REMEMBERED_MS / 1000 + 5)
    assert await server.keys("*") == []


async def test_nothing_is_left_of_claims_that_have_ended(opened, server):
    """Whoever tries again and again has only the claims that still hold, however long one of them is prolonged."""
    clock = Clock()
    calls = RedisCalls(opened, clock)
    for number in range(4):
        assert await calls.claim("ann", "c", "prolonged")
        assert await calls.claim("ann", "c", str(number))
        clock.now += CLAIM_MS / 1000 - 1
    assert set(await server.hkeys("incall:{ann}")) == {b"prolonged", b"2", b"3"}


async def test_a_script_that_the_server_forgot_is_sent_again(opened, server):
    """A server that has lost its scripts serves the same clients."""
    calls = RedisCalls(opened)
    await calls.change("c", invite())
    await server.script_flush()
    assert (await calls.change("c", accept())).call.state == "active"
    await server.script_flush()
    assert await calls.claim("ann", "c", "1")


async def test_a_look_is_planned_before_the_state_is_written(opened, server):
    """Whoever stops between the two leaves something to look at; a plan is never later than one that was there."""
    clock, stopped = Clock(), RuntimeError("the replica stops here")
    steps = itertools.count()

    async def stop(step):
        # The state is read, a look is planned, then the state would be written.
        if step == "before ask" and next(steps) == 2:
            raise stopped

    with pytest.raises(RuntimeError):
        await RedisCalls(Interposed(opened, stop), clock).change("c", invite())
    assert await server.exists("call:{c}") == 0
    assert await server.zscore("call:due", "c") == (NOW + 5) * 1_000_000
    clock.now += 3
    await RedisCalls(opened, clock).change("c", invite())
    assert await server.zscore("call:due", "c") == (NOW + 3 + SOONEST_S) * 1_000_000
    assert await RedisCalls(opened, clock).look() == []


async def _carry_out(calls, commands):
    for command in commands:
        await calls.change("c", command)


@pytest.mark.parametrize("stops_at", range(14))
async def test_a_replica_that_stops_anywhere_leaves_nothing_for_ever(opened, server, stops_at):
    """Whichever command is its last, another replica ends the call, and it is over once and recorded once."""
    clock, steps = Clock(), itertools.count()

    async def stop(step):
        if step == "before ask" and next(steps) >= stops_at:
            raise ConnectionResetError

    here, there = RedisCalls(Interposed(opened, stop), clock), RedisCalls(opened, clock)
    commands = (invite(), accept(), End("x", "ann", "ann1"), Recorded("x"), Look(), Look())
    with pytest.raises(CallsUnavailable):
        await _carry_out(here, commands)
    recorded = []
    for _ in range(100):
        clock.now += 5
        for outcome in await there.look():
            for call in outcome.line.unrecorded:
                recorded.append(call.id)
                await there.change("c", Recorded(call.id))
    was_begun, was_recorded = stops_at > 2, stops_at > 11
    assert recorded == ["x"] * (was_begun and not was_recorded)
    assert await server.keys("*") == []


async def test_who_looks_does_not_undo_what_was_planned_meanwhile(opened, server):
    """A call that begins while its conversation is looked at as empty is looked at in its time."""
    clock = Clock()
    calls = RedisCalls(opened, clock)
    await server.zadd("call:due", {"c": (NOW - 1) * 1_000_000})

    class Interrupted(RedisCalls):
        async def _change(self, conv, what):
            outcome = await super()._change(conv, what)
            if isinstance(what, Look):
                await calls.change("c", invite())
            return outcome

    await Interrupted(opened, clock).look()
    assert await server.zscore("call:due", "c") == (NOW + SOONEST_S) * 1_000_000


async def test_no_look_is_planned_while_a_write_may_be_on_its_way(opened, server):
    """What is due at once is looked at a while later, also where a look was planned for an earlier time."""
    clock = Clock()
    calls = RedisCalls(opened, clock)
    await calls.change("c", invite())
    clock.now += 1
    await calls.change("c", End("x", "ann", "ann1"))
    assert await server.zscore("call:due", "c") == (NOW + 1 + SOONEST_S) * 1_000_000
    await server.zadd("call:due", {"c": (NOW - 9) * 1_000_000})
    await calls.change("c", invite("y"))
    assert await server.zscore("call:due", "c") == (NOW + 1 + SOONEST_S) * 1_000_000
    assert await calls.look() == []


async def test_a_server_that_lost_everything(opened, server):
    """Calls are gone with the server's memory; the next one has a higher revision all the same."""
    calls = RedisCalls(opened)
    before = await calls.change("c", invite())
    await server.flushall()
    assert await calls.live(["c"]) == []
    assert await calls.look() == []
    assert (await calls.change("c", invite())).call.rev > before.call.rev


async def test_a_call_that_is_over_is_over_for_all_replicas(opened, server):
    """What one replica ended another refuses."""
    here, there = RedisCalls(opened), RedisCalls(opened)
    await here.change("c", invite())
    await here.change("c", End("x", "ann", "ann1"))
    with pytest.raises(CallEnded):
        await there.change("c", accept())
