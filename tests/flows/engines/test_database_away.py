"""A database that stalls or is cut off: what needs it is refused in time, sockets stay open, nothing is lost."""

import asyncio
import time

import httpx2
import pytest
from support import engines
from support.crowds import crowd, quantiles
from support.fault_proxy import BOTH_WAYS
from support.fleet import MESSAGES
from support.nemesis import healed

pytestmark = pytest.mark.engine

ASKS = 8
"""At the same time, so that more wait than one."""

FAULTS = {"swallowed": lambda way: way.swallow(BOTH_WAYS), "refused": lambda way: way.refuse()}


async def ask(http, url):
    """The answer to a request that needs the database, and how long it took."""
    began = time.monotonic()
    answer = await http.get(f"{url}/api/conversations")
    return answer, time.monotonic() - began


@pytest.mark.parametrize("fault", FAULTS)
async def test_the_database_is_away(fault, chat, places, rng, figures):
    """Requests get 503 and when to try again, the pods are alive and not ready, and people stay connected."""
    async with crowd(engines.database_url(engines.database().way.port), places, rng, [4]) as people:
        before = [client.connections for client in people.clients]
        headers = {"authorization": f"Bearer {people.clients[0].member.token}"}
        async with httpx2.AsyncClient(headers=headers, timeout=20) as http, asyncio.timeout(60):
            async with healed(engines.database()):
                FAULTS[fault](engines.database().way)
                people.ledger.faults.append(fault)
                asked = await asyncio.gather(*(ask(http, places.messages[0]) for _ in range(ASKS)))
                while (await http.get(f"{places.messages[0]}/readyz")).status_code == 200:
                    await asyncio.sleep(0.1)
                assert (await http.get(f"{places.messages[0]}/healthz")).status_code == 200
                await people.talk(1, 4)
            for answer, _ in asked:
                assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
                assert int(answer.headers["retry-after"]) > 0
            while (await http.get(f"{places.messages[0]}/readyz")).status_code == 503:
                await asyncio.sleep(0.1)
            assert (await ask(http, places.messages[0]))[0].status_code == 200
        assert await people.anomalies() == []
        assert [client.connections for client in people.clients] == before
        figures(f"refused after {quantiles([seconds for _, seconds in asked])}; {people.figures()}")
    log = chat.of(MESSAGES)[0].log.read_text()
    assert log.count("database (mysql) is away") == log.count("database (mysql) answers again") > 0
