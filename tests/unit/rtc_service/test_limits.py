"""How much one person and one session may have: each limit, and what comes after it."""

import pytest
from support.signaling import assert_problem

from parley.rtc_service.model import MAX_A_SIDE, MAX_BATCH, OPEN_SESSIONS
from parley.rtc_service.service.relaying import MINTING
from parley.rtc_service.service.signaling import WRITING


@pytest.fixture
async def session(ann, bob):
    session = await ann.opens(peer=bob.email)
    await ann.offers(session)
    return session


async def test_the_257th_candidate(world, ann, bob, session):
    """A session keeps 256 candidates of a side: one more is 429 and a batch across the limit is kept not at all."""
    for start in range(0, MAX_A_SIDE - MAX_BATCH, MAX_BATCH):
        assert (await ann.trickles(session, *range(start, start + MAX_BATCH))).status_code == 200
    assert (await ann.trickles(session, *range(1000, 1031))).status_code == 200
    refused = await ann.trickles(session, 2000, 2001)
    assert_problem(refused, "rate-limited")
    assert refused.json()["limit"] == MAX_A_SIDE
    assert refused.headers["retry-after"]
    assert (await ann.trickles(session, 2000)).status_code == 200
    assert_problem(await ann.trickles(session, 2001), "rate-limited")
    assert (await ann.trickles(session, 2000)).status_code == 200
    assert (await bob.trickles(session, 1)).status_code == 200
    assert (await ann.sees(session))["sync"]["next"] == MAX_A_SIDE + 1


async def test_a_restart_makes_room(ann, bob, session):
    """A description with a new user fragment drops its side's older candidates; indices are never given again."""
    for start in range(0, MAX_A_SIDE, MAX_BATCH):
        await ann.trickles(session, *range(start, start + MAX_BATCH))
    await bob.trickles(session, 1)
    await ann.offers(session, "next")
    assert (await ann.trickles(session, 1, fragment="next")).status_code == 200
    kept = (await ann.sees(session))["session"]["candidates"]
    assert [(it["from"], it["index"]) for it in kept] == [(bob.email, MAX_A_SIDE), (ann.email, MAX_A_SIDE + 1)]


async def test_fifty_open_sessions(world, ann, bob):
    """The 51st open session of one person is 429 until another ends; others have a count of their own."""
    while (answer := await ann.http.post("/sessions", json={"initiator": ann.email})).status_code == 201:
        made = answer.json()["session"]["id"]
        world.clock.advance(s=10)
    assert_problem(answer, "rate-limited")
    assert answer.json()["limit"] == OPEN_SESSIONS
    assert 0 < answer.json()["retry_after_ms"] <= 900_000
    assert (await bob.http.post("/sessions", json={"initiator": bob.email})).status_code == 201
    await ann.http.delete(f"/sessions/{made}")
    assert (await ann.http.post("/sessions", json={"initiator": ann.email})).status_code == 201


async def test_writes_have_a_budget(world, ann, bob, session):
    """A trickle of single candidates passes; who goes on and on is 429 with a wait, after which it may; the other is
    not held up."""
    for number in range(WRITING.burst - 1):
        assert (await ann.trickles(session, number)).status_code == 200
    refused = await ann.trickles(session, 999)
    assert_problem(refused, "rate-limited")
    assert (await bob.trickles(session, 1)).status_code == 200
    world.clock.advance(ms=refused.json()["retry_after_ms"])
    assert (await ann.trickles(session, 999)).status_code == 200
    assert_problem(await ann.trickles(session, 998), "rate-limited")


async def test_ten_credentials_a_minute(world, ann, session):
    """The eleventh new credential within a minute is 429; reading the session again and again needs no new one."""
    for _ in range(MINTING.burst - 1):
        assert (await ann.http.post(f"/sessions/{session}/keepalive")).status_code == 200
    refused = await ann.http.post(f"/sessions/{session}/keepalive")
    assert_problem(refused, "rate-limited")
    assert_problem(await ann.http.post("/sessions", json={"initiator": ann.email}), "rate-limited")
    for _ in range(30):
        assert (await ann.sees(session, participant=ann.email))["turn"]["credential"]
    world.clock.advance(ms=refused.json()["retry_after_ms"])
    assert (await ann.http.post(f"/sessions/{session}/keepalive")).status_code == 200
