"""The rules by which a session changes, over every order of writes that two and a stranger can make."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.rtc_sessions import ANN, BOB, new_session
from support.signaling import sdp

from parley.rtc_service.errors import OfferChanged, StaleOffer
from parley.rtc_service.model import MAX_A_SIDE, MAX_CANDIDATES, MAX_WRITERS, NewCandidate, Participant
from parley.rtc_service.session import Condition, with_answer, with_candidates, with_offer, with_sign_of_life

EVE = Participant("eve-id", "eve@example.org")


def line(number, fragment=None):
    return NewCandidate(line=f"candidate:{number}", mid="0", m_line=0, fragment=fragment)


_STEP = st.tuples(
    st.sampled_from(["offer", "answer", "trickle", "alive"]),
    st.sampled_from([ANN, BOB]),
    st.sampled_from(["aaaa", "bbbb", "cccc"]),
    st.integers(0, 3),
)


def step_over(session, step):
    kind, by, fragment, number = step
    if kind == "offer":
        condition = Condition(versions={number}) if number else Condition()
        return with_offer(session, by, sdp(fragment), condition)
    if kind == "answer":
        return with_answer(session, by, sdp(fragment), number or None)
    if kind == "trickle":
        return with_candidates(session, by, [line(number, fragment), line(number + 1)])
    return with_sign_of_life(session, by)


@given(st.lists(_STEP, max_size=30))
def test_numbers_only_grow(steps):
    """Revisions and indices never go back, each change is one revision, and what is refused leaves no trace."""
    session = new_session()
    for step in steps:
        try:
            after = step_over(session, step)
        except (OfferChanged, StaleOffer):
            continue
        if after is session:
            continue
        assert after.rev == session.rev + 1
        assert after.offer_rev - session.offer_rev in (0, 1)
        assert after.answer_rev - session.answer_rev in (0, 1)
        assert after.next >= session.next
        indices = [it.index for it in after.candidates]
        assert indices == sorted(set(indices))
        assert not indices or indices[-1] < after.next
        held = {it.index: it for it in session.candidates}
        assert all(held.get(it.index, it) == it for it in after.candidates)
        assert after.answer is None or 1 <= after.answer.answer_to <= after.offer_rev
        session = after


@given(st.lists(_STEP, max_size=30))
def test_each_write_may_come_twice(steps):
    """A write that is repeated at once changes nothing more, and is refused only if it was refused before."""
    session = new_session()
    for step in steps:
        try:
            after = step_over(session, step)
        except (OfferChanged, StaleOffer):
            continue
        assert step_over(after, step) is after
        session = after


def test_a_repeated_offer_is_no_loser():
    """The condition of an offer that was made already does not hold any more, and it is still no refusal."""
    first = Condition(is_first=True)
    offered = with_offer(new_session(), ANN, sdp(), first)
    assert with_offer(offered, ANN, sdp(), first) is offered
    with pytest.raises(OfferChanged):
        with_offer(offered, BOB, sdp(), first)
    with pytest.raises(OfferChanged):
        with_offer(offered, ANN, sdp("next"), first)


@pytest.mark.parametrize(
    ("condition", "at_none", "at_first", "at_second"),
    [
        (Condition(), True, True, True),
        (Condition(is_first=True), True, False, False),
        (Condition(is_replacement=True), False, True, True),
        (Condition(is_replacement=True, versions={1}), False, True, False),
        (Condition(is_replacement=True, versions=set()), False, False, False),
        (Condition(is_first=True, is_replacement=True), False, False, False),
    ],
)
def test_conditions(condition, at_none, at_first, at_second):
    """What a condition says about no offer, the first and the second."""
    assert [condition.holds(rev) for rev in (0, 1, 2)] == [at_none, at_first, at_second]


def test_a_restart_drops_its_own_side_only():
    """A new user fragment drops the candidates of that side that have another one, and none without a fragment."""
    session = with_offer(new_session(), ANN, sdp("aaaa"), Condition())
    session = with_candidates(session, ANN, [line(1, "aaaa"), line(2, "bbbb"), line(3)])
    session = with_candidates(session, BOB, [line(4, "zzzz")])
    same = with_offer(session, ANN, sdp("aaaa") + "a=x\r\n", Condition())
    assert [it.index for it in same.candidates] == [0, 2, 3]
    restarted = with_offer(session, ANN, sdp("bbbb"), Condition())
    assert [it.index for it in restarted.candidates] == [1, 2, 3]
    assert (restarted.next, session.next) == (4, 4)
    without = with_offer(session, ANN, sdp("aaaa").replace("a=ice-ufrag:aaaa\r\n", ""), Condition())
    assert without.candidates == session.candidates


def test_a_candidate_is_new_after_a_new_description():
    """The same line counts once as long as its side has put nothing new, and anew afterwards."""
    session = with_offer(new_session(), ANN, sdp("aaaa"), Condition())
    session = with_candidates(session, ANN, [line(1), line(1), line(2)])
    assert with_candidates(session, ANN, [line(2), line(1)]) is session
    session = with_answer(session, BOB, sdp("zzzz"), None)
    assert with_candidates(session, ANN, [line(1)]) is session
    session = with_offer(session, ANN, sdp("bbbb"), Condition())
    assert with_candidates(session, ANN, [line(1)]).next == 3


def test_the_other_sides_offer_makes_no_candidate_new():
    """When the other side's offer takes the place of one's own, a candidate that comes again is still the same one."""
    session = with_candidates(with_offer(new_session(), ANN, sdp("aaaa"), Condition()), ANN, [line(1)])
    session = with_offer(session, BOB, sdp("bbbb"), Condition())
    assert with_candidates(session, ANN, [line(1)]) is session


def test_a_session_is_between_two_by_its_size_too():
    """However many of a conversation write, a session keeps twice the candidates of a side, and tells so many."""
    session = new_session(peer=None, conversation="v1")
    for place in range(2 * MAX_WRITERS):
        session = with_sign_of_life(session, Participant(f"p{place}", f"p{place}@example.org"))
    assert len(session.writers) == MAX_WRITERS
    lots = [line(number) for number in range(MAX_A_SIDE)]
    session = with_candidates(with_candidates(session, ANN, lots), BOB, lots)
    assert len(session.candidates) == MAX_CANDIDATES
    with pytest.raises(Exception, match="rate-limited"):
        with_candidates(session, EVE, [line(1)])


def test_the_second_who_writes_is_the_peer():
    """In a session for anybody the first other writer becomes the peer; in others nobody does."""
    anybody = new_session(peer=None)
    assert with_offer(anybody, ANN, sdp(), Condition()).peer is None
    for written in (
        with_offer(anybody, BOB, sdp(), Condition()),
        with_candidates(anybody, BOB, [line(1)]),
        with_sign_of_life(anybody, BOB),
    ):
        assert written.peer == BOB
        assert written.rev == 2
        assert not written.admits(EVE.account)
    assert with_sign_of_life(replace(anybody, conversation="v1"), BOB).peer is None
