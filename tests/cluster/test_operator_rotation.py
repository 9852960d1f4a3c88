"""The secret of the relay is replaced while people call each other, whoever is killed meanwhile, and nobody notices.

Two Leases of the tests' own hold a rotation in its phase until somebody was killed in it.
Next: `test_operator_faults.py`.
"""

import asyncio
import itertools
import time
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from conformance.conftest import signed_in
from support.cluster import kubectl
from support.cluster_allocations import Tries, allocating
from support.cluster_calls import running_call
from support.cluster_pods import kill, pods
from support.cluster_ring import OPERATOR, SECRET, TTL_S, gated, phase, ring, rotate, short_windows, shorten, until
from support.cluster_slow import slow_api_server
from support.cluster_spare import (
    SPARE,
    evict,
    holders,
    identities,
    kill_agent,
    kill_one,
    pods_of,
    ready,
    scale,
    spare_coturn,
    two_rtc_services,
)

from parley_operator.agent.canary import Answer
from parley_operator.ring.model import Phase, Role

pytestmark = [pytest.mark.cluster, pytest.mark.drill, pytest.mark.asyncio(loop_scope="module")]

PHASES = (Phase.PROPAGATING, Phase.SWITCHING, Phase.DRAINING, Phase.REVOKING)
OPENS = {Phase.PROPAGATING: Role.RELAY, Phase.SWITCHING: Role.MINTER, Phase.REVOKING: Role.RELAY}
"""Whose gate ends a phase; draining ends by itself."""

VICTIMS = (
    lambda _: kill("operator"),
    # By turns, because Kubernetes lets a container that dies often wait ever longer.
    lambda number: kill_agent(("turn", "turn-spare")[number % 2]),
    lambda _: kill_one("turn-spare"),
    lambda _: kill_one("rtc-service"),
)
"""One for each phase; every rotation begins with another one, so that each is killed once in each phase."""

WELL = ["checking", "completed"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def people(server):
    """Two who call each other, and two for whom one allocates."""
    return [await asyncio.to_thread(signed_in, server, name) for name in ("ann", "bob", "cat", "dan")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def short():
    """Credentials that last for seconds, a coturn and an rtc-service that can be spared."""
    with short_windows(), spare_coturn(), two_rtc_services():
        await shorten()
        yield


@asynccontextmanager
async def tried(secret):
    """What the relay says of a secret meanwhile."""
    tries = Tries()
    task = asyncio.create_task(tries.run(secret))
    try:
        yield tries
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def rotated(word, gate, between):
    """One rotation; `between` is called in each phase. Fails if the old secret was refused too soon or never."""
    old, drained = ring().current, 0.0
    async with tried(old.secret) as tries:
        await asyncio.to_thread(rotate, word)
        for it in PHASES:
            now = await phase(it)
            if it is Phase.DRAINING:
                drained = now.rotation.drain_since_s + TTL_S
            await between(it)
            if it in OPENS:
                await asyncio.to_thread(gate.open, OPENS[it])
        await phase(Phase.IDLE)
        asked = len(tries.at)
        await until(lambda: len(tries.at) > asked + 1, "the relay does not answer")
    assert tries.before(drained) == {Answer.ACCEPTED}
    assert tries.last is Answer.REFUSED
    assert ring().last.result == "Completed"
    assert ring().current.kid != old.kid


async def nothing(_):
    """Nobody is killed."""


def all_ready(component):
    """Whether each of its pods is."""
    return all(pods(component).values())


@asynccontextmanager
async def interfering():
    """Somebody changes the Secret's labels all the time, so that its version is hardly ever the one that was read."""

    async def write() -> None:
        for number in itertools.count():
            await asyncio.to_thread(kubectl, "label", "--overwrite", "secret", SECRET, f"touched={number}")

    task = asyncio.create_task(write())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        kubectl("label", "secret", SECRET, "touched-")


async def test_a_call_and_its_like_do_not_notice_five_rotations(people, short, figures):
    """Whoever is killed in whichever phase, no unexpired credential is refused, and a relayed call stays as it was."""
    ann, bob, cat, dan = people
    before = identities("turn", "coturn")
    async with running_call(ann, bob) as call, allocating(cat, dan) as load:
        with gated() as gate:
            for number in range(len(VICTIMS)):

                async def killing(now, number=number):
                    await asyncio.to_thread(VICTIMS[(PHASES.index(now) + number) % len(VICTIMS)], number)

                await rotated(f"killed-{number}", gate, killing)
            await rotated("quiet", gate, nothing)
        await call.moves(30)
        assert call.states == ["active", "active"]
        assert call.ice_states == [WELL, WELL]
    figures(f"{load.figures()}; call without a picture at most {call.pause_s:.2f} s")
    assert load.refused == {}
    assert load.succeeded > len(VICTIMS)
    assert identities("turn", "coturn") == before


async def test_a_relay_may_come_and_go_meanwhile(people, short, figures):
    """One that is added while a rotation propagates is waited for, one that is drained or taken away is not."""
    _, _, cat, dan = people

    async def come_and_go(now):
        if now is Phase.PROPAGATING:
            await asyncio.to_thread(scale, "statefulset", SPARE, 2)
            await asyncio.to_thread(ready, SPARE, 2)
            await until(lambda: f"{SPARE}-1" in holders(), "the new relay has no Lease")
        if now is Phase.SWITCHING:
            gone = {it["metadata"]["uid"] for it in pods_of("turn-spare")}
            await asyncio.to_thread(evict, f"{SPARE}-0")
            await until(lambda: gone - {it["metadata"]["uid"] for it in pods_of("turn-spare")}, "nothing was evicted")
        if now is Phase.DRAINING:
            await asyncio.to_thread(scale, "statefulset", SPARE, 1)
            await until(lambda: f"{SPARE}-1" not in holders(), "the Lease of a relay that is gone is still there")

    async with allocating(cat, dan) as load:
        with gated() as gate:
            await rotated("scaled", gate, come_and_go)
    figures(load.figures())
    assert load.refused == {}


async def test_two_operators_make_one_key(people, short, figures):
    """Two of them at once, and somebody who writes into the Secret meanwhile, make one rotation and not two."""
    _, _, cat, dan = people
    before = ring().revision
    await asyncio.to_thread(scale, "deployment", OPERATOR, 2)
    try:
        await until(lambda: len(pods_of("operator")) == 2 and all_ready("operator"), "there are not two operators")
        async with allocating(cat, dan) as load, interfering():
            with gated() as gate:
                await rotated("doubled", gate, nothing)
    finally:
        await asyncio.to_thread(scale, "deployment", OPERATOR, 1)
    figures(load.figures())
    assert load.refused == {}
    # A rotation changes the keys three times: one comes, it signs, the old one goes.
    assert ring().revision == before + 3


async def test_a_slow_api_server_delays_a_rotation_and_nothing_else(people, short, figures):
    """While each of its answers comes a second late to the operator, a rotation is done and nobody is refused."""
    _, _, cat, dan = people
    async with allocating(cat, dan) as load:
        with slow_api_server(), gated() as gate:
            before, begun = identities("operator", "operator"), time.monotonic()
            await rotated("slowed", gate, nothing)
            figures(f"{load.figures()}; it took {time.monotonic() - begun:.0f} s, {TTL_S + 5} s of it a drain")
            assert identities("operator", "operator") == before
    assert load.refused == {}
