"""The port RtcSessions: sessions that end by themselves, of whose changes at once one is made."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.rtc_sessions import ANN, BOB, LIFE_S, STORES, Clock, new_session

from parley.rtc_service.errors import OfferChanged, StaleOffer
from parley.rtc_service.model import NewCandidate, Participant
from parley.rtc_service.session import Condition, with_answer, with_candidates, with_offer, with_sign_of_life

MOST = 50
FIRST = Condition(is_first=True)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=STORES)
async def store(request, clock):
    async with request.param(clock) as opened:
        yield opened


MARGIN_S = 60
"""A server goes by its own clock as well; a test may take so long without its sessions ending under it."""


def same(found, expected):
    """The same session, with no more left of its life."""
    assert replace(found, left_ms=0) == replace(expected, left_ms=0)
    assert 0 < found.left_ms <= expected.left_ms
    return True


async def kept(store, **members):
    session = new_session(**members)
    assert await store.create(session, MOST) == 0
    return session


def sdp(fragment="abcd"):
    return f"v=0\r\na=ice-ufrag:{fragment}\r\nm=é"


def line(number, fragment="abcd"):
    return NewCandidate(line=f"candidate:{number}", mid="0", m_line=0, fragment=fragment)


async def test_a_session_comes_back_whole(store):
    """Everything that a session holds is found again, and what is left of its life."""
    session = await kept(store, call="c1", conversation="v1", peer=None, writers=("w1", "w2"))
    assert same(await store.find(session.id), session)
    full = with_candidates(with_offer(session, ANN, sdp(), FIRST), ANN, [line(it) for it in range(40)])
    full = with_answer(full, BOB, sdp("wxyz"), 1)
    full = with_candidates(full, BOB, [NewCandidate(line="", mid=None, m_line=None, fragment=None)])
    assert await store.replace(session, full)
    assert same(await store.find(session.id), full)
    assert await store.find("x" * 22) is None


async def test_a_change_takes_away_too(store):
    """Candidates that a new description drops are gone, and indices go on."""
    session = await kept(store)
    first = with_candidates(with_offer(session, ANN, sdp(), FIRST), ANN, [line(1), line(2)])
    assert await store.replace(session, first)
    second = with_candidates(with_offer(first, ANN, sdp("next"), Condition()), ANN, [line(3, "next")])
    assert await store.replace(first, second)
    found = await store.find(session.id)
    assert [it.index for it in found.candidates] == [2]
    assert same(found, second)


async def test_one_of_two_changes_is_made(store):
    """Of 16 changes to the session as it was read one is made; the others are told that it is not that any more."""
    session = await kept(store)
    changes = [with_candidates(session, ANN, [line(number)]) for number in range(16)]
    made = await asyncio.gather(*(store.replace(session, it) for it in changes))
    assert sorted(made) == [False] * 15 + [True]
    assert same(await store.find(session.id), changes[made.index(True)])


async def test_two_offers_at_once(store):
    """Of two who put the first offer one finds the other's there when it comes again: 412, in the service's words."""

    async def put(by):
        while True:
            session = await store.find(made.id)
            changed = with_offer(session, by, sdp(by.account[:4]), FIRST)
            if await store.replace(session, changed):
                return changed

    made = await kept(store)
    done = await asyncio.gather(put(ANN), put(BOB), return_exceptions=True)
    assert sorted(isinstance(it, OfferChanged) for it in done) == [False, True]


async def test_an_answer_that_an_offer_overtakes(store):
    """An answer that was made over an offer which was replaced meanwhile is not kept."""
    session = await kept(store)
    offered = with_offer(session, ANN, sdp(), FIRST)
    assert await store.replace(session, offered)
    answered, again = with_answer(offered, BOB, sdp("wxyz"), 1), with_offer(offered, ANN, sdp("next"), Condition())
    assert await store.replace(offered, again)
    assert not await store.replace(offered, answered)
    with pytest.raises(StaleOffer):
        with_answer(await store.find(session.id), BOB, sdp("wxyz"), 1)


async def test_trickles_at_once_are_all_kept(store):
    """What both sides add at the same time is all there, each index once."""

    async def add(by, number):
        while True:
            session = await store.find(made.id)
            if await store.replace(session, with_candidates(session, by, [line(number)])):
                return

    made = await kept(store)
    await asyncio.gather(*(add(by, number) for by in (ANN, BOB) for number in range(10)))
    found = await store.find(made.id)
    assert [it.index for it in found.candidates] == list(range(20))
    assert (found.next, found.rev) == (20, 21)


async def test_one_ends_it(store):
    """Of many who end a session one is told that it did; then it is unknown and takes no change."""
    session = await kept(store, call="c1")
    assert sorted(await asyncio.gather(*(store.end(session) for _ in range(8)))) == [False] * 7 + [True]
    assert await store.find(session.id) is None
    assert not await store.replace(session, with_candidates(session, ANN, [line(1)]))
    assert not await store.prolong(session)
    assert await store.of_call("c1") == []
    assert await store.find(session.id) is None


async def test_silence_ends_it(store, clock):
    """A session lasts as long as somebody writes or prolongs it at least once in its life."""
    session = await kept(store, call="c1")
    clock.now += LIFE_S - MARGIN_S
    assert same(await store.find(session.id), replace(session, left_ms=MARGIN_S * 1000))
    assert await store.replace(session, changed := with_candidates(session, ANN, [line(1)]))
    clock.now += LIFE_S - MARGIN_S
    assert await store.prolong(changed)
    assert same(await store.find(session.id), changed)
    clock.now += LIFE_S - MARGIN_S
    assert [it.id for it in await store.of_call("c1")] == [session.id]
    clock.now += MARGIN_S
    assert await store.find(session.id) is None
    assert await store.of_call("c1") == []
    assert not await store.prolong(changed)


async def test_so_many_are_open(store, clock):
    """At the limit nothing more is kept until one ends, by itself when it was told or by somebody."""
    sessions = []
    for _ in range(3):
        sessions.append(new_session())
        assert await store.create(sessions[-1], 3) == 0
        clock.now += 100
    refused = new_session()
    assert await store.create(refused, 3) == (LIFE_S - 300) * 1000
    assert await store.find(refused.id) is None
    assert await store.create(new_session(initiator=Participant("eve-id", "eve@example.org")), 3) == 0
    assert await store.end(sessions[1])
    assert await store.create(refused, 3) == 0
    clock.now += LIFE_S - 300
    assert await store.create(new_session(), 3) == 0
    assert await store.create(new_session(), 3) > 0


async def test_a_life_that_is_prolonged_counts(store, clock):
    """A session that is kept alive takes its place among the open ones for as long as it lasts."""
    session = new_session()
    assert await store.create(session, 1) == 0
    for _ in range(3):
        clock.now += LIFE_S - MARGIN_S
        assert await store.prolong(session)
    assert await store.create(new_session(), 1) == LIFE_S * 1000
    clock.now += LIFE_S
    assert await store.create(new_session(), 1) == 0


async def test_of_many_at_once_so_many_are_kept(store):
    """Of 20 who open a session at once five get one where five may be open."""
    waits = await asyncio.gather(*(store.create(new_session(), 5) for _ in range(20)))
    assert waits.count(0) == 5


async def test_sessions_of_a_call(store):
    """A call has its own sessions and no others."""
    ours = {(await kept(store, call="c1")).id for _ in range(3)}
    await kept(store, call="c2")
    await kept(store)
    assert {it.id for it in await store.of_call("c1")} == ours
    assert await store.of_call("c3") == []


async def test_it_answers(store):
    """The check of a store that is there returns."""
    await store.check()


_BY = st.sampled_from([ANN, BOB])
_FRAGMENT = st.sampled_from(["aaaa", "bbbb"])
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("offer"), _BY, _FRAGMENT, st.sampled_from([None, 0, 1, 2])),
        st.tuples(st.just("answer"), _BY, _FRAGMENT, st.sampled_from([None, 0, 1, 2])),
        st.tuples(st.just("trickle"), _BY, _FRAGMENT, st.integers(0, 4)),
        st.tuples(st.just("alive"), _BY, _FRAGMENT, st.just(0)),
        st.tuples(st.just("wait"), _BY, _FRAGMENT, st.sampled_from([100, 500])),
    ),
    max_size=25,
)


def changed_by(step, session):
    kind, by, fragment, number = step
    if kind == "offer":
        condition = Condition() if number is None else Condition(versions={number})
        return with_offer(session, by, sdp(fragment), condition)
    if kind == "answer":
        return with_answer(session, by, sdp(fragment), number)
    if kind == "trickle":
        return with_candidates(session, by, [line(number, fragment), line(number + 1, fragment)])
    return with_sign_of_life(session, by)


@pytest.mark.parametrize("adapter", STORES)
@given(steps=_STEPS)
@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
def test_what_is_kept_is_what_was_made(adapter, steps):
    """Whatever is done to a session, the store holds exactly what the rules made of it, for as long as it lasts."""

    async def play() -> None:
        clock = Clock()
        async with adapter(clock) as store:
            await play_over(store, clock)

    async def play_over(store, clock) -> None:
        session, ends = new_session(), clock.now + LIFE_S
        assert await store.create(session, MOST) == 0
        for step in steps:
            if step[0] == "wait":
                clock.now += step[3]
                continue
            found = await store.find(session.id)
            if clock.now >= ends:
                assert found is None
                return
            assert same(found, replace(session, left_ms=round((ends - clock.now) * 1000)))
            try:
                changed = changed_by(step, found)
            except (OfferChanged, StaleOffer):
                continue
            done = await (store.prolong(found) if changed is found else store.replace(found, changed))
            assert done
            session, ends = changed, clock.now + LIFE_S

    asyncio.run(play())
