"""The port Calls: changes one after another, what is due is looked at, one call a person."""

import asyncio
from contextlib import nullcontext

import pytest
from support import valkey
from support.call_commands import NOW, Clock, accept, invite, passing, standing
from support.valkey_cluster import CLUSTER

from parley.chat_service.adapters.calls_inprocess import InProcessCalls
from parley.chat_service.adapters.calls_observed import ObservedCalls
from parley.chat_service.calls.commands import Decline, End, Leave, Recorded, Renew, Ring
from parley.chat_service.calls.model import CLAIM_MS, HELD_MS, REMEMBERED_MS, RINGS_MS
from parley.chat_service.errors import AnsweredElsewhere, CallEnded, NoSuchCall
from parley.telemetry.nothing import NoMeters


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(
    params=[
        pytest.param(lambda clock: nullcontext(InProcessCalls(clock)), id="inprocess"),
        pytest.param(
            lambda clock: nullcontext(ObservedCalls(InProcessCalls(clock), NoMeters(), RINGS_MS)), id="observed"
        ),
        pytest.param(valkey.ONE.calls, id="redis", marks=pytest.mark.engine),
        pytest.param(CLUSTER.calls, id="cluster", marks=pytest.mark.engine),
    ]
)
async def calls(request, clock):
    """Each adapter, opened on a clock in seconds."""
    async with request.param(clock) as opened:
        yield opened


async def test_a_call_rings_and_is_answered(calls, clock):
    """Ringing, then active when the second has joined, and every change has a higher revision."""
    begun = await calls.change("c", invite())
    assert (begun.call.state, standing(begun.call)) == ("ringing", {"ann": "joined", "bob": "invited"})
    ringing = await calls.change("c", Ring("x", "bob"))
    assert standing(ringing.call) == {"ann": "joined", "bob": "ringing"}
    active = await calls.change("c", accept())
    assert (active.call.state, [it.n for it in active.call.members]) == ("active", [1, 2])
    assert begun.call.rev < ringing.call.rev < active.call.rev
    assert begun.call.rev == round(NOW * 1000)
    assert [told.verb for outcome in (begun, ringing, active) for told in outcome.told] == [
        "invite",
        "update",
        "accept",
    ]


async def test_what_is_live_is_known(calls, clock):
    """Live calls are told with the time; what is over, and where there was none, is not."""
    await calls.change("c", invite())
    await calls.change("d", invite("y", "eve", ("kim",), "d"))
    await calls.change("d", Decline("y", "kim"))
    clock.now += 2
    ((call, now_ms),) = await calls.live(["c", "d", "e"])
    assert (call.id, now_ms) == ("x", round(NOW * 1000) + 2000)
    assert await calls.live([]) == []


async def test_a_refusal_changes_nothing(calls):
    """What is refused leaves the call as it was."""
    await calls.change("c", invite())
    await calls.change("c", accept())
    before = await calls.live(["c"])
    with pytest.raises(AnsweredElsewhere):
        await calls.change("c", accept(party="bob2"))
    with pytest.raises(NoSuchCall):
        await calls.change("c", accept("z"))
    assert await calls.live(["c"]) == before


async def test_many_at_once_are_one_after_another(calls):
    """Of many windows that answer at once one has answered, and all else is as if they had come in turn."""
    await calls.change("c", invite())
    answers = [calls.change("c", accept(party=f"bob{number}")) for number in range(12)]
    outcomes = await asyncio.gather(*answers, return_exceptions=True)
    refused = [it for it in outcomes if isinstance(it, AnsweredElsewhere)]
    assert len(refused) == 11
    ((call, _),) = await calls.live(["c"])
    assert (call.joined, call.joins, call.state) == (2, 2, "active")


async def test_glare_is_one_call(calls):
    """Two who call each other at once are in one call, whichever came first."""
    both = [calls.change("c", invite("x", "ann", ("bob",))), calls.change("c", invite("y", "bob", ("ann",)))]
    one, other = await asyncio.gather(*both)
    assert one.call.id == other.call.id
    ((call, _),) = await calls.live(["c"])
    assert (call.state, standing(call)) == ("active", {"ann": "joined", "bob": "joined"})


async def test_nobody_answers(calls, clock):
    """A call that is not answered is told again while it rings, and is missed when the time is over."""
    await calls.change("c", invite())
    told = await passing(calls, clock, RINGS_MS / 1000 - 3)
    assert {(it.verb, it.call.state) for it in told} == {("invite", "ringing")}
    assert len(told) >= 5
    (missed,) = [it for it in await passing(calls, clock, 7) if it.call.rev != told[-1].call.rev][:1]
    assert (missed.call.state, missed.call.reason) == ("ended", "missed")
    assert standing(missed.call) == {"ann": "left", "bob": "missed"}


async def test_a_window_that_falls_silent_has_left(calls, clock):
    """Whoever gives no sign has left when the lease is over; whoever gives one has not."""
    await calls.change("c", invite())
    await calls.change("c", accept())
    for _ in range(2):
        await passing(calls, clock, HELD_MS / 2000)
        await calls.change("c", Renew("ann", "ann1", "ann-claim", HELD_MS))
    told = await passing(calls, clock, 5)
    assert standing(told[0].call)["bob"] == "left"
    assert told[0].call.reason == "completed"


async def test_a_sign_is_no_news(calls, clock):
    """Renewing tells nobody, and does nothing for a window that has not joined."""
    await calls.change("c", invite())
    assert (await calls.change("c", Renew("ann", "ann1", "ann-claim", 5000))).told == ()
    assert (await calls.change("c", Renew("bob", "bob1", "bob1-claim", 5000))).told == ()
    assert (await calls.change("d", Renew("ann", "ann1", "ann-claim", 5000))).call is None
    left = await calls.change("c", Leave("ann", "ann1"))
    assert left.told[0].call.reason == "cancelled"


async def test_what_is_not_recorded_stays_due(calls, clock):
    """A call that is over comes again until it is recorded, also when another has begun since."""
    await calls.change("c", invite())
    await calls.change("c", End("x", "ann", "ann1"))
    await calls.change("c", invite("y"))
    for _ in range(2):
        again = [it for it in await passing(calls, clock, 4) if it.call.id == "x"]
        assert again
    await calls.change("c", Recorded("x"))
    await passing(calls, clock, 4)
    assert [it for it in await passing(calls, clock, 4) if it.call.id == "x"] == []


async def test_a_call_that_is_over_does_not_begin_again(calls, clock):
    """Late frames of it are refused while it is known; then it is forgotten altogether, and nothing is due."""
    await calls.change("c", invite())
    await calls.change("c", Decline("x", "bob"))
    await calls.change("c", Recorded("x"))
    clock.now += REMEMBERED_MS / 1000 - 1
    for late in (invite(), accept(), Decline("x", "bob"), End("x", "ann", "ann1")):
        with pytest.raises(CallEnded):
            await calls.change("c", late)
    await passing(calls, clock, 10)
    with pytest.raises(NoSuchCall):
        await calls.change("c", accept())
    assert await calls.look() == []


async def test_one_conversation_a_person(calls, clock):
    """A claim keeps its person from other conversations until it is given up or ends; the same one may be claimed."""
    assert await calls.claim("ann", "c", "1")
    assert await calls.claim("ann", "c", "2")
    assert not await calls.claim("ann", "d", "3")
    assert await calls.engaged(["ann", "bob"], "d") == {"ann"}
    assert await calls.engaged(["ann", "bob"], "c") == frozenset()
    await calls.release("ann", "1")
    assert not await calls.claim("ann", "d", "3")
    await calls.release("ann", "2")
    await calls.release("ann", "3")
    assert await calls.claim("ann", "d", "3")


async def test_a_claim_ends_by_itself(calls, clock):
    """A claim that nobody prolongs is none any more."""
    assert await calls.claim("ann", "c", "1")
    clock.now += CLAIM_MS / 1000 - 1
    assert await calls.claim("ann", "c", "1")
    clock.now += CLAIM_MS / 1000 - 1
    assert not await calls.claim("ann", "d", "2")
    clock.now += 1
    assert await calls.engaged(["ann"], "d") == frozenset()
    assert await calls.claim("ann", "d", "2")
