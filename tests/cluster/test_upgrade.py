"""`helm upgrade` replaces every service while people talk, read and see each other, and nobody has to notice.

The relay stays, because a call's way leads through the one pod that made it, and so do the bundled engines, which are
single; what becomes of them is in `test_kills.py`.
"""

import asyncio
import random
import time
from collections import Counter
from contextlib import asynccontextmanager

import httpx2
import pytest
from conformance.conftest import signed_in
from support.cluster_calls import running_call
from support.cluster_people import CHAT_URL, PLACES, member
from support.cluster_pods import SERVICES, pods, replaced, upgrade
from support.crowds import gathered, quantiles

pytestmark = [pytest.mark.cluster, pytest.mark.drill]

SENDERS = 5
GAP_S = 5.0
"""A promise of the product, not a figure of this machine: from the end of a connection until a window is up to date."""

CLOSED = {1001, 1012}
DRAINED_WITHIN_S = PATIENT_S = 60


@asynccontextmanager
async def going_on(*acts):
    """These run beside the block, and are ended with it."""
    tasks = [asyncio.create_task(it) for it in acts]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert [it for it in ended if not isinstance(it, asyncio.CancelledError)] == []


async def keep_reading(token: str, statuses: Counter) -> None:
    """Ask message-service and registration-api again and again."""
    async with httpx2.AsyncClient(headers={"authorization": f"Bearer {token}"}, timeout=PATIENT_S) as http:
        while True:
            for path in ("/api/conversations", "/me"):
                statuses[(await http.get(CHAT_URL + path)).status_code] += 1
            await asyncio.sleep(0.2)


async def test_nobody_notices_an_upgrade(server, figures):
    """Nothing is lost, doubled, reordered or refused, each socket is closed with a word, and a call goes on."""
    members = [await asyncio.to_thread(member, server, f"sender{number}") for number in range(SENDERS)]
    ann, bob = [await asyncio.to_thread(signed_in, server, name) for name in ("ann", "bob")]
    before, statuses = pods(*SERVICES), Counter()
    async with gathered(members, PLACES, random.Random(7), [SENDERS]) as crowd, running_call(ann, bob) as call:
        async with going_on(crowd.talk(3600, SENDERS), keep_reading(ann.token, statuses)):
            begun = time.monotonic()
            await asyncio.to_thread(upgrade)
            await replaced(before, *SERVICES, within_s=DRAINED_WITHIN_S)
            took_s = time.monotonic() - begun
        crowd.ledger.faults.append("upgrade")
        assert await crowd.anomalies() == []
        await call.moves(30)
        assert call.states == ["active", "active"]
    ledger = crowd.ledger
    figures(f"{took_s:.0f} s; {crowd.figures()}; call without a picture at most {call.pause_s:.2f} s; {dict(statuses)}")
    figures(f"acknowledged after {quantiles(ledger.ack_s)}, of which sent and acknowledged {quantiles(ledger.wire_s)}")
    figures(f"away for {quantiles(ledger.away_s)}")
    assert statuses.keys() == {200}
    for client in crowd.clients:
        assert len(client.closed_with) == client.connections - 1 > 0
        assert set(client.closed_with) <= CLOSED
    assert max(ledger.away_s) <= GAP_S
