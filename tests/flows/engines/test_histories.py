"""Bar 23: seeded histories with random faults on all that is under a conversation, and planted bugs to be found."""

import asyncio
import random

import pytest
from support import engines, planted
from support.chat_client import Places
from support.crowds import crowd
from support.fleet import CHAT, MESSAGES, Fleet
from support.nemesis import faults_of_chat, rage

pytestmark = pytest.mark.engine

SEEDS = range(1, 7)
FAULTS = 6
GROUPS = [4, 3, 3]
PER_SECOND = 8
PLANTS = {"forgets": "lost", "repeats": "phantom", "skips": "unseen"}


async def history_of(seed, chat, places, figures):
    """What is wrong with one history."""
    rng = random.Random(seed)
    url = engines.database_url(engines.database().way.port)
    async with crowd(url, places, rng, GROUPS) as people:
        raging = asyncio.create_task(rage(faults_of_chat(chat), people.ledger, random.Random(seed), FAULTS, 2))
        while not raging.done():
            await people.talk(1, PER_SECOND)
        await raging
        found = await people.anomalies()
        figures(f"seed {seed}: {people.figures()}; {', '.join(people.ledger.faults)}")
    return found


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_history_without_anomalies(seed, chat, places, figures):
    """Whatever breaks, acknowledged, stored and seen are the same set, in the same order."""
    assert await history_of(seed, chat, places, figures) == [], f"repeat with seed {seed}"


@pytest.mark.parametrize("plant", PLANTS)
async def test_a_planted_bug_is_found(plant, chat, rng, figures):
    """A replica that acknowledges without a write, stores twice or leaves entries out is found by the same checker."""
    bugged = Fleet(chat.folder, chat.environment)
    bugged.add(CHAT, launcher=planted.LAUNCHER, PLANT=plant)
    try:
        bugged.start()
        places = Places(bugged.urls(CHAT), chat.urls(MESSAGES))
        async with crowd(engines.database_url(engines.database().way.port), places, rng, [4, 4]) as people:
            people.patience_s = 5
            await people.talk(6, PER_SECOND)
            people.ledger.faults.append(plant)
            found = {it.kind for it in await people.anomalies()}
    finally:
        bugged.end()
    figures(f"{plant}: {sorted(found)}")
    assert PLANTS[plant] in found


async def test_a_run_without_traffic_is_found(chat, places, rng):
    """A history in which nothing was said and nothing broke proves nothing."""
    async with crowd(engines.database_url(engines.database().way.port), places, rng, [2]) as people:
        assert [it.kind for it in await people.anomalies()] == ["idle", "idle"]
