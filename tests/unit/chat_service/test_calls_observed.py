"""Calls as they are counted and timed: each once, whatever is said and looked at again."""

import pytest
from support.call_commands import Clock, accept, invite

from parley.chat_service.adapters.calls_inprocess import InProcessCalls
from parley.chat_service.adapters.calls_observed import ObservedCalls
from parley.chat_service.calls.commands import Decline, End, Recorded, Ring
from parley.chat_service.calls.model import RINGS_MS
from parley.telemetry.metrics import PrometheusMeters


@pytest.fixture
def meters():
    return PrometheusMeters()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def calls(meters, clock):
    return ObservedCalls(InProcessCalls(clock), meters, RINGS_MS)


def counted(meters):
    """Every number of calls that is not nought, by metric and label."""
    found = {}
    for family in meters.registry.collect():
        for sample in family.samples if family.name.startswith("parley_call") else ():
            if sample.name.endswith(("_total", "_sum")):
                (label,) = sample.labels.values()
                found[sample.name.removeprefix("parley_call"), label] = sample.value
    return found


async def test_an_answered_call(calls, clock, meters):
    """It is begun once, rings until the first answer, and is over once, also when it was told and looked at again."""
    for _ in range(2):
        await calls.change("c", invite())
    await calls.change("c", Ring("x", "bob"))
    clock.now += 7
    for _ in range(2):
        await calls.change("c", accept())
    clock.now += 30
    await calls.change("c", End("x", "ann", "ann1"))
    clock.now += 5
    await calls.look()
    await calls.change("c", Recorded("x"))
    expected = {("s_begun_total", "video"): 1, ("s_ended_total", "completed"): 1}
    assert counted(meters) == expected | {("_ring_duration_seconds_sum", "answered"): 7}


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (Decline("x", "bob"), "declined"),
        (Decline("x", "bob", is_busy=True), "busy"),
        (End("x", "ann", "ann1"), "cancelled"),
        (End("x", "ann", "ann1", has_failed=True), "failed"),
    ],
)
async def test_a_call_that_nobody_answers(calls, clock, meters, command, reason):
    """It rings until somebody ends it, and is counted under the reason."""
    await calls.change("c", invite(media="audio"))
    clock.now += 4
    await calls.change("c", command)
    expected = {("s_begun_total", "audio"): 1, ("s_ended_total", reason): 1}
    assert counted(meters) == expected | {("_ring_duration_seconds_sum", reason): 4}


async def test_a_call_that_time_ends(calls, clock, meters):
    """One that is missed is counted by whoever looks, once."""
    await calls.change("c", invite())
    clock.now += RINGS_MS / 1000
    for _ in range(3):
        await calls.look()
    assert counted(meters)["s_ended_total", "missed"] == 1
    assert counted(meters)["_ring_duration_seconds_sum", "missed"] == RINGS_MS / 1000


async def test_a_call_that_rings_nowhere(calls, meters):
    """One to somebody who is in another call is begun and over at once."""
    await calls.change("c", invite(busy=frozenset({"bob"})))
    expected = {("s_begun_total", "video"): 1, ("s_ended_total", "busy"): 1}
    assert counted(meters) == expected | {("_ring_duration_seconds_sum", "busy"): 0}
