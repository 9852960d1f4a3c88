"""Each component's pods are killed once while people talk: everything comes back by itself, and nothing is lost."""

import asyncio
import random
import time
from contextlib import suppress

import pytest
import pytest_asyncio
from conformance.conftest import signed_in
from support.cluster_calls import running_call
from support.cluster_people import PLACES, installation, member
from support.cluster_pods import ENGINES, SERVICES, all_ready, kill, replaced
from support.crowds import gathered

pytestmark = [pytest.mark.cluster, pytest.mark.drill, pytest.mark.asyncio(loop_scope="module")]

BACK_WITHIN_S = 180
SIGN_IN = {"registration-api", "email-worker", "mysql", "kafka", "mail"}
CALLS = {"rtc-service", "turn"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def crowd(server):
    """Two people with a conversation, connected throughout."""
    members = [await asyncio.to_thread(member, server, name) for name in ("ann", "bob")]
    async with gathered(members, PLACES, random.Random(11), [2]) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(server):
    """Two people who call each other."""
    return [await asyncio.to_thread(signed_in, server, name) for name in ("cat", "dan")]


@pytest.mark.parametrize("component", [*SERVICES, *ENGINES])
async def test_what_is_killed_comes_back(component, crowd, pair, figures):
    """Its pods are Ready again, people sign in, talk and call, and what was acknowledged is in the history."""
    talking = asyncio.create_task(crowd.talk(3600, 1))
    begun = time.monotonic()
    killed = await asyncio.to_thread(kill, component)
    await replaced(killed, component, within_s=BACK_WITHIN_S)
    await all_ready(BACK_WITHIN_S)
    ready_s = time.monotonic() - begun
    talking.cancel()
    with suppress(asyncio.CancelledError):
        await talking
    crowd.ledger.faults.append(component)
    await crowd.all_said()
    await crowd.say_at_once(1)
    assert await crowd.anomalies() == []
    if component in SIGN_IN:
        await asyncio.to_thread(sign_in_somebody)
    if component in CALLS:
        async with running_call(*pair) as call:
            assert call.states == ["active", "active"]
    figures(f"Ready after {ready_s:.0f} s, all well after {time.monotonic() - begun:.0f} s; {crowd.figures()}")


def sign_in_somebody() -> None:
    # The way to the mails ends with the pod that it led to.
    with installation() as product:
        signed_in(product, "eve")
