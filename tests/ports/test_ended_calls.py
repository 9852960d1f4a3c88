"""The port EndedCalls: what was told to be over is known to be for an hour, and nothing else is."""

from contextlib import nullcontext

import pytest
from support import valkey
from support.rtc_sessions import Clock
from support.valkey_cluster import CLUSTER

from parley.configuration import ConfigurationError
from parley.endedcalls.inprocess import InProcessEndedCalls
from parley.endedcalls.opening import open_ended_calls
from parley.endedcalls.port import KEPT_S

MARGIN_S = 60
"""A server goes by its own clock as well."""


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(
    params=[
        pytest.param(lambda clock: nullcontext(InProcessEndedCalls(clock)), id="inprocess"),
        pytest.param(valkey.ONE.ended_calls, id="redis", marks=pytest.mark.engine),
        pytest.param(CLUSTER.ended_calls, id="cluster", marks=pytest.mark.engine),
    ]
)
async def ended(request, clock):
    """Each adapter, opened on a clock in seconds."""
    async with request.param(clock) as opened:
        yield opened


async def known(ended, *calls):
    return [call for call in calls if await ended.has(call)]


async def test_what_is_over_is_known_to_be(ended):
    """Every id that was told is known from then on; one that was never told is not."""
    assert await known(ended, "x", "y", "z") == []
    await ended.add("x", "y")
    assert await known(ended, "x", "y", "z") == ["x", "y"]


async def test_it_is_forgotten(ended, clock):
    """An hour after it was told last, and no sooner, a call is not known any more."""
    await ended.add("x", "y")
    clock.now += KEPT_S - MARGIN_S
    await ended.add("y")
    assert await known(ended, "x", "y") == ["x", "y"]
    clock.now += MARGIN_S
    assert await known(ended, "x", "y") == ["y"]
    await ended.add("z")
    clock.now += KEPT_S - MARGIN_S
    assert await known(ended, "x", "y", "z") == ["z"]


async def test_a_server_that_is_away():
    """Nobody is kept from a call because nobody can say whether it is over; telling it raises nothing."""
    async with open_ended_calls(valkey.NOBODY) as ended:
        await ended.add("x")
        assert not await ended.has("x")


async def test_an_address_that_is_none_stops_the_start():
    """A URL that no adapter answers to is told when it is opened."""
    with pytest.raises(ConfigurationError, match="REDIS_URL"):
        async with open_ended_calls("carrier-pigeon:"):
            raise AssertionError("it has opened")
