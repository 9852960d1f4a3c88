"""What rtc sessions keep on a server: under which names, for how long by its clock, and through which loss."""

import dataclasses

import pytest
from support import valkey
from support.rtc_sessions import ANN, LIFE_S, new_session

from parley.rtc_service.adapters.redis import RedisRtcSessions
from parley.rtc_service.model import NewCandidate
from parley.rtc_service.session import with_candidates

pytestmark = pytest.mark.engine

CALL = "01932f00-0000-7000-8000-0000000000ca"


@pytest.fixture
async def opened():
    async with valkey.ONE.opened() as (opened, _):
        yield opened


@pytest.fixture
async def server(opened):
    """A plain client of it."""
    async with valkey.emptied() as client:
        yield client


def names(session):
    return {f"rtc:{{{session.id}}}", f"rtc:user:{{{ANN.account}}}", f"rtc:call:{{{CALL}}}"}


async def test_each_key_has_one_tag_and_ends_by_itself(opened, server):
    """A session and the two lists that it is on are a key each, with a hash tag of its own, and end with its life."""
    sessions, session = RedisRtcSessions(opened, LIFE_S), new_session(call=CALL)
    assert await sessions.create(session, 50) == 0
    assert {name.decode() for name in await server.keys()} == names(session)
    for name in names(session):
        assert LIFE_S - 60 < await server.ttl(name) <= LIFE_S
    await sessions.end(session)
    assert await server.keys() == []


async def test_every_write_prolongs_all_of_it(opened, server):
    """A change and a sign of life give the session and the lists a whole life, by the server's clock."""
    sessions, session = RedisRtcSessions(opened, LIFE_S), new_session(call=CALL)
    await sessions.create(session, 50)
    added = with_candidates(session, ANN, [NewCandidate(line="", mid=None, m_line=None, fragment=None)])
    for write in (sessions.replace(session, added), sessions.prolong(added)):
        for name in names(session):
            await server.expire(name, 10)
        assert await write
        for name in names(session):
            assert await server.ttl(name) > LIFE_S - 60


async def test_a_script_that_the_server_forgot_is_sent_again(opened, server):
    """A server that has lost its scripts serves the same clients."""
    sessions, session = RedisRtcSessions(opened, LIFE_S), new_session()
    await sessions.create(session, 50)
    await server.script_flush()
    assert await sessions.replace(session, dataclasses.replace(session, rev=2))
    assert (await sessions.find(session.id)).rev == 2


async def test_what_was_lost_is_over(opened, server):
    """A server that has forgotten everything knows no session; no write brings half of one back."""
    sessions, session = RedisRtcSessions(opened, LIFE_S), new_session(call=CALL)
    await sessions.create(session, 50)
    await server.flushall()
    assert await sessions.find(session.id) is None
    assert not await sessions.replace(session, dataclasses.replace(session, rev=2))
    assert not await sessions.prolong(session)
    assert not await sessions.end(session)
    assert await server.keys() == []


async def test_a_session_that_ended_is_not_listed_again(opened, server):
    """A write that comes after the end leaves nothing on the lists of its initiator and its call."""
    sessions, session = RedisRtcSessions(opened, LIFE_S), new_session(call=CALL)
    await sessions.create(session, 1)
    await sessions.end(session)
    await sessions.prolong(session)
    assert await sessions.of_call(CALL) == []
    assert await sessions.create(new_session(), 1) == 0
