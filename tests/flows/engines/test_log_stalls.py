"""Bar 18: a message log that stalls, is cut off or answers nothing: nothing is acknowledged without a write."""

import asyncio

import pytest
from support import engines
from support.crowds import crowd
from support.fault_proxy import BOTH_WAYS, TO_CLIENT
from support.nemesis import healed, pause

pytestmark = pytest.mark.engine

STALLED_S = 10.0


async def paused():
    await pause(engines.log(), STALLED_S)


async def swallowed():
    async with healed(engines.log()):
        engines.log().way.swallow(BOTH_WAYS)
        await asyncio.sleep(STALLED_S)


async def answers_swallowed():
    """Writes arrive, and nobody hears of them."""
    async with healed(engines.log()):
        engines.log().way.swallow([TO_CLIENT])
        await asyncio.sleep(STALLED_S)


async def refused():
    async with healed(engines.log()):
        engines.log().way.refuse()
        await asyncio.sleep(STALLED_S)


@pytest.mark.parametrize("fault", [paused, swallowed, answers_swallowed, refused])
async def test_the_log_stalls(fault, chat, places, rng, figures):
    """Messages are refused for now, and repeated with the same id; each is stored once, and acknowledged after."""
    async with crowd(engines.database_url(engines.database().way.port), places, rng, [4, 4, 4]) as people:
        breaking = asyncio.create_task(fault())
        while not breaking.done():
            await people.talk(0.5, 6)
        await breaking
        people.ledger.faults.append(fault.__name__)
        assert await people.anomalies() == []
        figures(people.figures())
    assert people.ledger.refused_s, "nobody noticed the fault"
