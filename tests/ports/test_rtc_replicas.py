"""Two replicas of rtc-service that share a database and a real server, as their clients meet them."""

import asyncio
import dataclasses
from contextlib import AsyncExitStack

import httpx2
import pytest
from support import valkey
from support.rtc_sessions import LIFE_S
from support.signaling import Peer, signaling

from parley.configuration import load
from parley.endedcalls.redis import open_redis_ended_calls
from parley.fanout.redis import open_redis_fanout
from parley.idempotency.redis import open_redis_idempotency
from parley.identity.model import new_id
from parley.ratelimits.redis import open_redis_limits
from parley.readiness import Readiness
from parley.rest.application import build_application
from parley.rtc_service.adapters.redis import open_redis_rtc_sessions
from parley.rtc_service.settings import RtcSettings
from parley.rtc_service.wiring import assemble
from parley.telemetry.readings import RTC_WAITS

pytestmark = pytest.mark.engine
PATIENCE_S = 20


async def replica(stack, parts):
    """One more rtc-service with connections of its own: its component and its application."""
    url, enter = valkey.url(), stack.enter_async_context
    parts = dataclasses.replace(
        parts,
        rtc_sessions=await enter(open_redis_rtc_sessions(url, LIFE_S)),
        fanout=await enter(open_redis_fanout(url)),
        ended=await enter(open_redis_ended_calls(url)),
        limits=await enter(open_redis_limits(url)),
        idempotency=await enter(open_redis_idempotency(url)),
    )
    component = assemble(load(RtcSettings, database_url="sqlite+aiosqlite:///unused.db"), parts)
    return component, build_application("test", [component], set(), Readiness({}, asyncio.Event()))


@pytest.fixture
async def pair(tmp_path):
    """Ann at one replica, Bob at another, and the component of Ann's."""
    async with valkey.emptied(), AsyncExitStack() as stack:
        world = await stack.enter_async_context(signaling(tmp_path))
        here, there = [await replica(stack, world.parts) for _ in range(2)]
        people = []
        for name, (_, app) in (("ann", here), ("bob", there)):
            peer = await world.peer(name)
            transport = httpx2.ASGITransport(app)
            http = httpx2.AsyncClient(transport=transport, base_url="http://test", headers=peer.http.headers)
            people.append(Peer(peer.account, peer.token, await stack.enter_async_context(http)))
        yield (*people, here[0])


async def test_a_held_request_hears_of_the_other_replica(pair):
    """Whoever waits at one replica is answered with what was written at the other."""
    ann, bob, component = pair
    session = await ann.opens(peer=bob.email)
    waits = component.readings[RTC_WAITS]
    waiting = asyncio.create_task(ann.reads(session, {"if-none-match": 'W/"1"'}, wait=25))
    async with asyncio.timeout(PATIENCE_S):
        while not waits():
            await asyncio.sleep(0.001)
        await bob.offers(session)
        answer = await waiting
    assert (answer.status_code, answer.json()["sync"]["offer_rev"]) == (200, 1)


async def test_two_replicas_have_one_winner(pair):
    """Of offers at once at both replicas one is taken; candidates of both sides are all there, each index once."""
    ann, bob, _ = pair
    for _ in range(5):
        session = await ann.opens(peer=bob.email)
        offers = await asyncio.gather(*(it.offers(session, **{"if-none-match": "*"}) for it in (ann, bob)))
        assert sorted(it.status_code for it in offers) == [200, 412]
        await asyncio.gather(*(it.trickles(session, port) for it in (ann, bob) for port in range(5)))
        seen = await bob.sees(session)
        assert [it["index"] for it in seen["session"]["candidates"]] == list(range(10))
        assert seen["sync"]["rev"] == 12


async def test_a_creation_is_repeated_at_the_other_replica(pair):
    """A request that comes again elsewhere gets the first answer and makes nothing more."""
    ann, bob, _ = pair
    call = new_id()
    body, key = {"initiator": ann.email, "peer": bob.email, "call_id": call}, {"idempotency-key": "k1"}
    first = await ann.http.post("/sessions", json=body, headers=key)
    bob.http.headers["authorization"] = f"Bearer {ann.token}"
    again = await bob.http.post("/sessions", json=body, headers=key)
    assert (again.status_code, again.content) == (201, first.content)
    assert len((await bob.http.get("/sessions", params={"call_id": call})).json()) == 1
