"""Bars 16 to 19: replicas killed, Redis and the message log gone, peers half open, all of it while people talk."""

import asyncio
import itertools
import time
from contextlib import AsyncExitStack

import pytest
from support import engines
from support.chat_client import Places
from support.crowds import crowd, make_group
from support.fault_proxy import BOTH_WAYS, TO_CLIENT, TO_SERVER
from support.fleet import CHAT, MESSAGES
from support.nemesis import kill, pause, replace

pytestmark = pytest.mark.engine

KILLS = 6
AWAY_S = 8.0
TALK_ON_S = 3.0
HOLE_S = 45.0
PRESENCE_WITHIN_S = 180.0


@pytest.fixture
def database_url(chat):
    return engines.database_url(engines.database().way.port)


async def talk_while(people, per_second, happening):
    """Everybody talks for as long as something happens."""
    task = asyncio.create_task(happening)
    while not task.done():
        await people.talk(0.5, per_second)
    await task


async def until(condition, within_s):
    """Return when something is so; fails after `within_s`."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.05)


async def test_replicas_are_killed_under_load(chat, places, database_url, rng, figures):
    """Bar 16: while replicas are killed in turn, all come back, and what was acknowledged is on each screen once."""
    async with crowd(database_url, places, rng, [5] * 8) as people:

        async def kill_in_turn():
            for turn in range(KILLS):
                await people.all_live()
                await kill(chat.of(CHAT)[turn % 2], 0.5)
                people.ledger.faults.append("K chat-service")

        await talk_while(people, 15, kill_in_turn())
        assert await people.anomalies() == []
        figures(people.figures())
        assert len(people.ledger.away_s) >= KILLS


async def redis_gone():
    await replace(engines.redis(), AWAY_S)


async def redis_emptied():
    await asyncio.to_thread(engines.redis().run, "valkey-cli", "FLUSHALL")
    await asyncio.sleep(TALK_ON_S)


async def redis_paused():
    await pause(engines.redis(), AWAY_S)


@pytest.mark.parametrize("fault", [redis_gone, redis_emptied, redis_paused])
async def test_redis_is_lost(fault, chat, places, database_url, rng, figures):
    """Bar 17: without Redis messages are acknowledged and stored; after its return all see all, and who is there."""
    async with crowd(database_url, places, rng, [4, 4, 4]) as people:
        for client in people.clients:
            client.watched = [it.member.id for it in people.clients if it.screens.keys() == client.screens.keys()]
        await talk_while(people, 6, fault())
        people.ledger.faults.append(fault.__name__)
        returned = time.monotonic()
        assert await people.anomalies() == []
        converged_s = time.monotonic() - returned
        await until_all_are_seen(people)
        present_s = time.monotonic() - returned
        figures(f"{people.figures()}; converged {converged_s:.1f} s, present {present_s:.1f} s after the return")


async def until_all_are_seen(people):
    """Return when every client is told that all whom it watches are active."""
    async with asyncio.timeout(PRESENCE_WITHIN_S):
        for client in people.clients:
            while True:
                seen = await client.request("presence.watch", {"users": client.watched})
                if all(it["status"] == "active" for it in seen["statuses"]):
                    break
                await asyncio.sleep(0.5)


async def test_peers_are_half_open(chat, places, database_url, rng, figures):
    """Bar 19: whose network swallows everything, one way or both, resumes without a gap; who stays away is offline."""
    holes = {"sound": (), "deaf": (TO_CLIENT,), "mute": (TO_SERVER,), "both": BOTH_WAYS, "vanished": BOTH_WAYS}
    ways = {name: [engines.network().proxy("127.0.0.1", it.port) for it in chat.of(CHAT)] for name in holes}
    dealt = [Places([f"http://127.0.0.1:{way.port}" for way in ways[name]], chat.urls(MESSAGES)) for name in holes]
    async with AsyncExitStack() as stack:
        for way in itertools.chain(*ways.values()):
            stack.callback(way.heal)
        people = await stack.enter_async_context(crowd(database_url, dealt, rng, [5] * 5))
        gone = people.clients[4::5]
        staying = [client for client in people.clients if client not in gone]
        for client in staying:
            client.watched = [it.member.id for it in gone if it.screens.keys() == client.screens.keys()]
            await client.request("presence.watch", {"users": client.watched})
        for name, directions in holes.items():
            for way in ways[name]:
                way.swallow(directions)
        dug = time.monotonic()
        people.clients = staying
        await people.talk(HOLE_S, 4)
        for name in ("deaf", "mute", "both"):
            for way in ways[name]:
                way.heal()
                people.ledger.faults += [f"X {name}"] * bool(way.hits)
        assert {"X deaf", "X mute", "X both"} <= set(people.ledger.faults)
        assert await people.anomalies() == []
        await until(lambda: all(sees_offline(client) for client in staying), PRESENCE_WITHIN_S)
        figures(f"{people.figures()}; the vanished are offline after {time.monotonic() - dug:.0f} s")


def sees_offline(client):
    return all(client.presence.get(user) == "offline" for user in client.watched)


async def test_connections_are_reset(chat, places, database_url, rng):
    """A reset of all connections to a server costs nobody a request, on any replica, and no process its life."""
    async with crowd(database_url, places, rng, [2]) as people:
        for server in (engines.database(), engines.redis()):
            before = server.way.hits
            server.way.reset()
            people.ledger.faults += ["X reset"] * (server.way.hits - before)
            for url in places.messages:
                await make_group(Places(places.chat, [url]), [it.member for it in people.clients])
            await people.say_at_once(2)
        assert await people.anomalies() == []
