"""Sessions of a call that is over: none is made, and none that is there is used for anything new."""

import pytest
from support.messaging import assert_problem
from support.signaling import candidate, sdp

from parley.identity.model import new_id


@pytest.fixture
def call():
    return new_id()


@pytest.fixture
async def session(ann, bob, call):
    return await ann.opens(peer=bob.email, call_id=call)


async def test_no_session_for_a_call_that_is_over(world, ann, bob, call):
    """None is made for a call that is over, and 409 is told; for a call that nobody knows one is."""
    body = {"initiator": ann.email, "peer": bob.email, "call_id": call}
    await world.parts.ended.add(call)
    for key in ({}, {"idempotency-key": "k1"}):
        refused = await ann.http.post("/sessions", json=body, headers=key)
        assert_problem(refused, "call-ended")
        assert refused.status_code == 409
    assert (await ann.http.get("/sessions", params={"call_id": call})).json() == []
    await ann.opens(peer=bob.email, call_id=new_id())


@pytest.mark.parametrize("write", ["offer", "answer", "keepalive"])
async def test_nothing_is_written_for_a_call_that_is_over(world, ann, bob, session, call, write):
    """Each write is refused with 409 and leaves the session as it was, to be read and ended."""
    await ann.offers(session)
    before = await bob.sees(session)
    await world.parts.ended.add(call)
    path = f"/sessions/{session}/{write}"
    if write == "keepalive":
        refused = await bob.http.post(path)
    else:
        refused = await bob.http.put(path, json={"from": bob.email, "sdp": sdp("wxyz")})
    assert_problem(refused, "call-ended")
    after = await bob.sees(session)
    assert (after["session"]["offer"], after["sync"]["rev"]) == (before["session"]["offer"], before["sync"]["rev"])
    assert (await bob.http.delete(f"/sessions/{session}")).status_code == 204


async def test_candidates_on_their_way(world, bob, session, call):
    """What was gathered before the call ended, and comes after, is no mistake of its sender."""
    await world.parts.ended.add(call)
    body = {"from": bob.email, "candidate": candidate(50_000)}
    assert (await bob.http.post(f"/sessions/{session}/candidates", json=body)).status_code == 200


async def test_others_learn_nothing(world, eve, session, call):
    """Whoever has no part in a session is told that there is none, whatever became of its call."""
    await world.parts.ended.add(call)
    assert_problem(await eve.offers(session), "not-found")


async def test_other_calls_go_on(world, ann, bob, session):
    """Sessions of another call, and of none, are written to as ever."""
    await world.parts.ended.add(new_id())
    for one in (session, await ann.opens(peer=bob.email)):
        assert (await ann.offers(one)).status_code == 200
        assert (await bob.answers(one)).status_code == 200
