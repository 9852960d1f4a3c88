"""Chat over two replicas of each service and real servers: everybody sees everything once, in one order."""

import asyncio

import pytest
from support import engines
from support.crowds import crowd
from support.fleet import CHAT

pytestmark = pytest.mark.engine


@pytest.fixture
def database_url(chat):
    return engines.database_url(engines.database().way.port)


async def test_ten_senders_in_one_conversation(chat, places, database_url, rng, figures):
    """Ten people who talk at once, spread over the replicas, see one dense order, which is also the stored one."""
    async with crowd(database_url, places, rng, [10]) as people:
        await people.say_at_once(10)
        people.ledger.faults.append("none: nothing is broken here")
        assert await people.anomalies() == []
        figures(people.figures())
    assert len(people.ledger.acked) == 100
    assert len({tuple(sorted(client.screens[people.convs[0]].entries)) for client in people.clients}) == 1


async def test_resume_on_another_replica(chat, places, database_url, rng, figures):
    """Whose replica is killed in the middle of a conversation goes on at the other one, and misses nothing."""
    victim = chat.of(CHAT)[0]
    async with crowd(database_url, places, rng, [4, 4]) as people:
        talking = asyncio.create_task(people.talk(6, 10))
        await asyncio.sleep(2)
        victim.kill()
        people.ledger.faults.append("K chat-service")
        await talking
        assert await people.anomalies() == []
        figures(people.figures())
        assert sum(client.connections for client in people.clients) > len(people.clients)
