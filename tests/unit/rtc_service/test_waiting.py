"""Requests that wait: what ends a wait, how many there may be, and that no change falls between reading and waiting."""

import asyncio
import dataclasses
from contextlib import asynccontextmanager

import httpx2
import pytest
from support.interposing import Interposed
from support.signaling import assert_problem, signaling

from parley.fanout.inprocess import InProcessFanout
from parley.rtc_service.errors import TooManyWaits
from parley.rtc_service.service import waiting as waits
from parley.rtc_service.service.waiting import A_PERSON, Waiting
from parley.telemetry.readings import RTC_WAITS

PATIENCE_S = 20


@pytest.fixture
async def session(ann, bob):
    return await ann.opens(peer=bob.email)


def waiting_of(world):
    """How many requests wait."""
    reading = world.component.readings[RTC_WAITS]
    return reading()


async def until(holds):
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await asyncio.sleep(0.001)


@asynccontextmanager
async def held(world, peer, session, headers=None, count=1, **query):
    """A request that waits meanwhile; its answer is had from the task."""
    task = asyncio.create_task(peer.reads(session, headers or {"if-none-match": 'W/"1"'}, wait=25, **query))
    await until(lambda: waiting_of(world) == count)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_a_change_is_answered(world, ann, bob, session):
    """A held request is answered with what the other side has written, those that follow at once included."""
    async with held(world, ann, session) as waiting:
        await bob.offers(session)
        await bob.trickles(session, 1)
        async with asyncio.timeout(PATIENCE_S):
            answer = await waiting
    assert (answer.status_code, answer.headers["etag"]) == (200, 'W/"3"')
    assert waiting_of(world) == 0


async def test_news_is_not_waited_for(world, ann, bob, session):
    """Who does not have the newest is answered at once; so is who asks since an index that has been passed."""
    await bob.trickles(session, 1)
    async with asyncio.timeout(PATIENCE_S):
        assert (await ann.reads(session, {"if-none-match": 'W/"1"'}, wait=25)).status_code == 200
        assert (await ann.reads(session, since=0, wait=25)).status_code == 200


async def test_time_ends_a_wait(ann, session):
    """At the deadline who has the newest gets 304, and who has not said so gets the session."""
    assert (await ann.reads(session, {"if-none-match": 'W/"1"'}, wait=0.01)).status_code == 304
    assert (await ann.reads(session, wait=0.01)).status_code == 200
    assert (await ann.reads(session, since=0, wait=0.01)).status_code == 200


async def test_an_end_ends_the_wait(world, ann, bob, session):
    """When the other side ends the session a held request is answered with 404."""
    async with held(world, ann, session) as waiting:
        await bob.http.delete(f"/sessions/{session}")
        async with asyncio.timeout(PATIENCE_S):
            assert_problem(await waiting, "not-found")


async def test_who_was_signed_out_meanwhile_learns_nothing(world, ann, bob, session):
    """A request that was held while its device was revoked is answered with 401."""
    async with held(world, ann, session) as waiting:
        (device,) = await world.parts.sessions.devices(ann.id)
        await world.parts.sessions.revoke(ann.id, device.id)
        await bob.trickles(session, 1)
        async with asyncio.timeout(PATIENCE_S):
            assert_problem(await waiting, "unauthenticated")


async def test_a_third_wait_ends_the_first(world, ann, bob, session):
    """One person has two waits for a session; a further one ends the oldest, and the other side's are their own."""
    async with (
        held(world, ann, session) as first,
        held(world, ann, session, count=2) as second,
        held(world, bob, session, count=3) as others,
    ):
        third = asyncio.create_task(ann.reads(session, {"if-none-match": 'W/"1"'}, wait=25))
        async with asyncio.timeout(PATIENCE_S):
            assert (await first).status_code == 304
        assert not second.done()
        assert not others.done()
        await until(lambda: waiting_of(world) == 3)
        await bob.trickles(session, 1)
        async with asyncio.timeout(PATIENCE_S):
            assert {(await it).status_code for it in (second, third, others)} == {200}


async def test_who_leaves_waits_no_longer(world, ann, session):
    """A wait ends when its sender closes the connection."""
    scope_over = asyncio.Event()
    inner = httpx2.ASGITransport(world.app)

    async def leaving(scope, receive, send):
        asked = False

        async def receive_then_gone():
            nonlocal asked
            if not asked:
                asked = True
                return await receive()
            await scope_over.wait()
            return {"type": "http.disconnect"}

        await world.app(scope, receive_then_gone, send)

    inner.app = leaving
    headers = {"authorization": f"Bearer {ann.token}", "if-none-match": 'W/"1"'}
    async with httpx2.AsyncClient(transport=inner, base_url="http://test") as client:
        task = asyncio.create_task(client.get(f"/sessions/{session}", params={"wait": 25}, headers=headers))
        await until(lambda: waiting_of(world) == 1)
        scope_over.set()
        await until(lambda: waiting_of(world) == 0)
        await task


async def test_a_stop_ends_every_wait(world, ann, bob, session):
    """Before the process stops every held request is answered, and no further one is held."""
    async with held(world, ann, session) as one, held(world, bob, session, count=2) as other:
        await world.component.drain()
        async with asyncio.timeout(PATIENCE_S):
            assert {(await it).status_code for it in (one, other)} == {304}
            late = await ann.reads(session, {"if-none-match": 'W/"1"'}, wait=25)
    assert late.status_code == 304


async def test_no_change_falls_between_reading_and_waiting(tmp_path):
    """What is written after a reader has read and before it waits is answered at once."""
    reads = 0

    async def step(name):
        nonlocal reads
        if name == "after find":
            reads += 1
            if reads == 1:
                await world.bob.trickles(world.session, 1)

    def change(parts):
        store = Interposed(parts.rtc_sessions, step)
        return dataclasses.replace(parts, rtc_sessions=store)

    async with signaling(tmp_path, change) as world:
        ann, world.bob = await world.peer("ann"), await world.peer("bob")
        world.session = await ann.opens(peer=world.bob.email)
        async with asyncio.timeout(PATIENCE_S):
            answer = await ann.reads(world.session, {"if-none-match": 'W/"1"'}, wait=25)
        assert (answer.status_code, answer.json()["sync"]["rev"]) == (200, 2)


async def test_a_process_holds_so_many_waits():
    """One wait too many is refused, and room is made by every wait that ends."""
    waiting = Waiting(InProcessFanout(), at_once=2)
    async with waiting.place("ann", "s1"):
        async with waiting.place("bob", "s1"):
            with pytest.raises(TooManyWaits):
                async with waiting.place("eve", "s2"):
                    raise AssertionError("there is no room")
        async with waiting.place("eve", "s2"):
            assert waiting.count == 2
    assert waiting.count == 0
    assert (TooManyWaits().status, waits.AT_ONCE, A_PERSON) == (503, 5_000, 2)


async def test_a_loss_is_looked_into():
    """When notices may have been missed every wait ends as if there were news."""
    waiting = Waiting(InProcessFanout())
    async with waiting.place("ann", "s1") as one, waiting.place("ann", "s2") as other:
        waiting.on_lost()
        assert [await it.wait(PATIENCE_S) for it in (one, other)] == [True, True]


async def test_a_wait_that_is_over_hears_nothing_more():
    """A channel is listened to for as long as somebody waits."""
    fanout = InProcessFanout()
    waiting = Waiting(fanout)
    async with waiting.place("ann", "s1"), waiting.place("bob", "s1"):
        assert fanout._subscribers[0].channels == {"w:s1"}
    assert fanout._subscribers[0].channels == set()
