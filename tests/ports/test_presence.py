"""The port Presence: leases per window, and each change of a person told once."""

import asyncio
from contextlib import nullcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import valkey
from support.valkey_cluster import CLUSTER

from parley.chat_service.adapters.inprocess import InProcessPresence
from parley.chat_service.model import RANK, Change, Party
from parley.chat_service.presence import GRACE_S, LEASE_S


class Clock:
    """Seconds that pass only when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


ADAPTERS = [
    pytest.param(lambda clock: nullcontext(InProcessPresence(clock=clock, wall=clock)), id="inprocess"),
    pytest.param(valkey.ONE.presence, id="redis", marks=pytest.mark.engine),
    pytest.param(CLUSTER.presence, id="cluster", marks=pytest.mark.engine),
]
"""Every adapter, opened on a clock in seconds."""


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=ADAPTERS)
async def presence(request, clock):
    async with request.param(clock) as opened:
        yield opened


async def status(presence, user="ann"):
    return (await presence.statuses([user]))[user].status


async def test_a_first_window_is_a_change(presence):
    """Coming is told once; prolonging the lease is no news."""
    assert await presence.renew([Party("ann", "w1", "active")]) == [Change("ann", "active")]
    assert await presence.renew([Party("ann", "w1", "active")]) == []
    assert await status(presence) == "active"


async def test_the_most_present_window_counts(presence):
    """A second, less present window changes nothing; when the first goes idle the person does."""
    await presence.renew([Party("ann", "w1", "active")])
    assert await presence.renew([Party("ann", "w2", "idle")]) == []
    assert await presence.renew([Party("ann", "w1", "idle")]) == [Change("ann", "idle")]
    assert await presence.renew([Party("ann", "w1", "offline"), Party("ann", "w2", "offline")]) == [
        Change("ann", "offline")
    ]


async def test_a_window_that_leaves_counts_no_more(presence):
    """When the most present window leaves and another remains, the change is told at once."""
    await presence.renew([Party("ann", "w1", "active"), Party("ann", "w2", "idle")])
    assert await presence.leave("ann", "w1") == [Change("ann", "idle")]


async def test_the_last_window_leaves_a_grace(presence, clock):
    """After the last window has left the person is offline when the grace is over, told exactly once."""
    await presence.renew([Party("ann", "w1", "active")])
    assert await presence.leave("ann", "w1") == []
    clock.now += GRACE_S - 0.1
    assert await presence.expire() == []
    assert await status(presence) == "active"
    clock.now += 0.1
    assert await presence.expire() == [Change("ann", "offline")]
    assert await presence.expire() == []
    assert await status(presence) == "offline"


async def test_who_was_idle_stays_so_for_the_grace(presence):
    """The grace keeps the status that was there, and makes nobody more present."""
    await presence.renew([Party("ann", "w1", "idle")])
    assert await presence.leave("ann", "w1") == []
    assert await status(presence) == "idle"


async def test_a_stranger_who_leaves_changes_nothing(presence):
    """A window that nobody knows leaves without ending the grace of the person's last one."""
    await presence.renew([Party("ann", "w1", "active")])
    await presence.leave("ann", "w1")
    assert await presence.leave("ann", "w9") == []
    assert await status(presence) == "active"


async def test_a_reload_does_not_flicker(presence, clock):
    """Who comes back within the grace was never away."""
    await presence.renew([Party("ann", "w1", "active")])
    await presence.leave("ann", "w1")
    clock.now += GRACE_S / 2
    assert await presence.renew([Party("ann", "w2", "active")]) == []
    clock.now += GRACE_S
    assert await presence.expire() == []


async def test_a_lease_ends_by_itself(presence, clock):
    """A window whose replica has died counts until its lease is over, without a further grace."""
    await presence.renew([Party("ann", "w1", "active")])
    clock.now += LEASE_S - 0.1
    assert await presence.expire() == []
    clock.now += 0.1
    assert await presence.expire() == [Change("ann", "offline")]


async def test_a_renewed_lease_lasts(presence, clock):
    """Each renewal gives a whole lease."""
    for _ in range(5):
        await presence.renew([Party("ann", "w1", "active")])
        clock.now += LEASE_S / 2
        assert await presence.expire() == []


async def test_one_dead_window_of_two(presence, clock):
    """When one of two leases ends the person becomes what the other window says."""
    await presence.renew([Party("ann", "w1", "active")])
    clock.now += LEASE_S / 2
    await presence.renew([Party("ann", "w2", "idle")])
    clock.now += LEASE_S / 2
    assert await presence.expire() == [Change("ann", "idle")]


async def test_strangers_are_offline(presence):
    """Everyone asked for is in the answer, offline and never seen if they never came; leaving then is nothing."""
    assert (await presence.statuses(["kim"]))["kim"] == ("offline", None)
    assert await presence.leave("kim", "w1") == []


async def test_since_when(presence, clock):
    """The time of the last change is told with the status, in milliseconds."""
    await presence.renew([Party("ann", "w1", "active")])
    clock.now += 5
    await presence.renew([Party("ann", "w1", "idle")])
    clock.now += 5
    assert (await presence.statuses(["ann"]))["ann"] == ("idle", 1_005_000)


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("renew"), st.sampled_from("ab"), st.sampled_from("12"), st.sampled_from(sorted(RANK))),
        st.tuples(st.just("leave"), st.sampled_from("ab"), st.sampled_from("12"), st.just("")),
        st.tuples(st.just("wait"), st.sampled_from([1.0, GRACE_S, LEASE_S / 2, LEASE_S]), st.just(""), st.just("")),
    ),
    max_size=40,
)


@pytest.mark.parametrize("adapter", ADAPTERS)
@given(steps=_STEPS)
@settings(deadline=None)
def test_changes_add_up(adapter, steps):
    """Whoever applies the changes that were told knows everybody's status, and each of them is one."""

    async def play() -> None:
        clock, known = Clock(), {"a": "offline", "b": "offline"}
        async with adapter(clock) as presence:
            await play_over(presence, clock, known)

    async def play_over(presence, clock, known) -> None:
        for kind, one, party, status_ in steps:
            changes = []
            if kind == "renew":
                changes = await presence.renew([Party(one, party, status_)])
            elif kind == "leave":
                changes = await presence.leave(one, party)
            else:
                clock.now += one
            for change in [*changes, *await presence.expire()]:
                assert known[change.user] != change.status
                known[change.user] = change.status
            assert {user: it.status for user, it in (await presence.statuses(known)).items()} == known

    asyncio.run(play())
