"""What a report makes of a request's state, and how a mail is known again by its Message-ID."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.onetimecodes.model import OUTCOMES, Outcome, State, mail_name, read_message_id, refined, weaker_than

REQUEST = "0192f0c1-1111-7000-8000-000000000001"
states = st.sampled_from([state for state in get_args(State) if state not in ("delivered", "bounced", "failed")])
outcomes = st.sampled_from(OUTCOMES)


def kept(reported):
    """What is stored after reports came in this order: each replaces the weaker ones alone."""
    stored = None
    for outcome in reported:
        if stored is None or stored in weaker_than(outcome):
            stored = outcome
    return stored


def test_every_outcome_has_its_strength():
    """The order names each outcome once."""
    assert sorted(OUTCOMES) == sorted(get_args(Outcome))
    assert [weaker_than(outcome) for outcome in OUTCOMES] == [OUTCOMES[:0], OUTCOMES[:1], OUTCOMES[:2]]


@given(st.lists(outcomes, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_reports_does_not_matter(reported, chance):
    """However reports overtake each other, and however often one is repeated, the same one is kept."""
    shuffled = reported + reported[:3]
    chance.shuffle(shuffled)
    assert kept(shuffled) == kept(reported)


@given(states, st.lists(outcomes, min_size=1, max_size=12), outcomes)
def test_what_is_told_never_goes_back(state, reported, further):
    """Once a mail is said to have come back nothing else is told, and once it is said to have arrived no delay is."""
    before, after = (refined(state, kept(it)) for it in (reported, [*reported, further]))
    assert (before, after) != ("bounced", "delivered")
    assert before not in ("delivered", "bounced") or after in ("delivered", "bounced")


@given(states)
def test_without_a_report_nothing_changes(state):
    """A request about whose mail nothing was said stands as the worker left it."""
    assert refined(state, None) == state


@pytest.mark.parametrize("end", ["expired", "dead"])
def test_a_delay_revives_nothing(end):
    """A request that has ended without a mail stays ended, however late its first mail still waits somewhere."""
    assert refined(end, "delayed") == end
    assert refined(end, "delivered") == "delivered"


@given(st.uuids(), st.integers(0, 999_999_999), st.sampled_from(["{}", "<{}>"]))
def test_a_mail_is_known_by_its_message_id(request_id, generation, form):
    """What a Message-ID is made of is read back from it, with angle brackets and without."""
    message_id = form.format(f"{mail_name(str(request_id), generation)}@[::1]")
    assert read_message_id(message_id) == (str(request_id), generation)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "20260203192638.000be97f99f8cea1@sample.example.org",
        f"{REQUEST}@localhost",
        f"{REQUEST}.@localhost",
        f"{REQUEST}.-1@localhost",
        f"{REQUEST}.1",
        f"{REQUEST}.1@",
        f"{REQUEST}.1@a b",
        f"{REQUEST}.9999999999@localhost",
        f"{REQUEST}.١@localhost",
        f"{REQUEST}x.1@localhost",
        f"{REQUEST}.1@localhost\n",
    ],
)
def test_other_message_ids_are_nobodys(text):
    """A Message-ID of another form names no mail of ours."""
    assert read_message_id(text) is None
