"""The rules of one socket."""

import json
import uuid

import pytest

from parley.chat_service.conversation import FRAMES, NOTHING, Close, Conversation, Ping, Refuse, Serve
from parley.chat_service.model import PING_EVERY_S, TYPING_EVERY_S
from parley.contracts.client_frames import Hello, Typing, Watch

CONV = "00000000-0000-7000-8000-000000000001"


def frame(kind, data, with_id=True):
    members = {"t": kind, "d": data} | ({"id": str(uuid.uuid4())} if with_id else {})
    return json.dumps(members)


def hello():
    return frame("hello", {"party": str(uuid.uuid4()), "cursors": {}})


def typing(conv=CONV):
    return frame("typing", {"conv": conv}, with_id=False)


def watch():
    return frame("presence.watch", {"users": []})


@pytest.fixture
def rules():
    """A socket that has said hello at second 0."""
    begun = Conversation(0.0, 0.0)
    assert isinstance(begun.received(hello(), 0.0), Serve)
    return begun


def test_hello_comes_first():
    """Whatever comes before hello closes with 4400, a notice of an unknown kind included."""
    for early in (watch(), typing(), frame("pong", {}, with_id=False), frame("later", {}, with_id=False)):
        assert Conversation(0.0, 0.0).received(early, 0.0) == Close(4400, "the first frame must be hello")


def test_hello_is_served():
    """The first hello is to be carried out."""
    effect = Conversation(0.0, 0.0).received(hello(), 0.0)
    assert isinstance(effect, Serve)
    assert isinstance(effect.frame, Hello)


def test_hello_comes_once(rules):
    """A second hello closes with 4400."""
    assert rules.received(hello(), 1.0) == Close(4400, "hello comes once")


@pytest.mark.parametrize("text", ["", "null", "[]", "{", '{"t":"watch"', "[" * 10_000, '{"t":1,"d":{}}', "hello"])
def test_what_is_no_frame_closes(rules, text):
    """Text that is no frame, or is nested too deep, closes with 4400."""
    assert rules.received(text, 0.0) == Close(4400, "not a frame of chat.v1.json")


def test_a_wrong_request_is_refused(rules):
    """A request with a wrong member is answered with a pointer to it, and the socket lives on."""
    effect = rules.received(frame("presence.watch", {"users": [1]}), 0.0)
    assert isinstance(effect, Refuse)
    assert effect.problem.slug == "invalid"
    assert effect.problem.errors[0].pointer == "/d/users/0"
    assert isinstance(rules.received(watch(), 0.0), Serve)


def test_unknown_notices_are_ignored(rules):
    """A notice of a kind that we do not know, from a newer client, is nothing to us."""
    assert rules.received(frame("mood.set", {"mood": "good"}, with_id=False), 0.0) == NOTHING


def test_the_burst_is_forty(rules):
    """Of forty frames at once each is served; the next is refused and says when to come again."""
    effects = [rules.received(watch(), 0.0) for _ in range(FRAMES.burst)]
    assert all(isinstance(effect, Serve) for effect in effects[:-1])
    assert effects[-1].problem.slug == "rate-limited"
    assert effects[-1].problem.retry_after_ms == 50


def test_twenty_a_second_for_ever(rules):
    """Twenty frames a second are never too many."""
    for number in range(400):
        assert isinstance(rules.received(watch(), number / FRAMES.per_second), Serve)


def exhaust(rules, now):
    while isinstance(rules.received(watch(), now), Serve):
        pass


def test_three_violations_close(rules):
    """The third frame over the budget within ten seconds closes with 4429."""
    exhaust(rules, 0.0)
    assert isinstance(rules.received(watch(), 0.0), Refuse)
    assert rules.received(watch(), 0.0) == Close(4429, "too many frames")


def test_violations_are_forgotten(rules):
    """Violations that lie more than ten seconds back do not count."""
    exhaust(rules, 0.0)
    assert isinstance(rules.received(watch(), 0.0), Refuse)
    exhaust(rules, 10.5)
    assert isinstance(rules.received(watch(), 10.5), Refuse)


def test_notices_over_the_budget_are_dropped(rules):
    """A notice too many has no reply to carry the refusal; it is dropped, and counts."""
    exhaust(rules, 0.0)
    assert rules.received(typing(), 0.0) == NOTHING
    assert rules.received(typing(), 0.0) == Close(4429, "too many frames")


def test_budgets_kept_elsewhere_count_too(rules):
    """The third refusal by a budget per person closes as well."""
    assert rules.violated(0.0) is None
    assert rules.violated(1.0) is None
    assert rules.violated(2.0) == Close(4429, "too many frames")


def test_typing_is_told_every_three_seconds(rules):
    """Typing in the same conversation is passed on once in three seconds; in another one at once."""
    other = str(uuid.uuid4())
    told = [(conv, at) for conv, at in [(CONV, 0.0), (CONV, 2.9), (other, 2.9), (other, 3.0), (other, 5.9 + 0.1)]]
    effects = [rules.received(typing(conv), at) for conv, at in told]
    assert [isinstance(effect, Serve) for effect in effects] == [True, False, True, False, True]
    assert isinstance(effects[0].frame, Typing)
    assert isinstance(rules.received(typing(CONV), 6.0 + TYPING_EVERY_S), Serve)


def test_pings_come_in_their_time(rules):
    """A ping is due every 25 seconds, not earlier."""
    assert rules.tick(PING_EVERY_S - 0.1) == NOTHING
    assert rules.tick(PING_EVERY_S) == Ping()
    assert rules.tick(PING_EVERY_S + 1) == NOTHING
    assert rules.tick(2 * PING_EVERY_S) == Ping()


@pytest.mark.parametrize(("offset", "first"), [(-1.0, 22.5), (1.0, 27.5)])
def test_pings_are_spread(offset, first):
    """Connections are pinged up to a tenth earlier or later, so that not all are at once."""
    rules = Conversation(0.0, offset)
    assert rules.tick(first - 0.01) == NOTHING
    assert rules.tick(first + 0.01) == Ping()


def test_two_silent_pings_close(rules):
    """Nothing after two pings closes with 4408 when the third is due."""
    assert [rules.tick(PING_EVERY_S * n) for n in (1, 2)] == [Ping(), Ping()]
    assert rules.tick(PING_EVERY_S * 3) == Close(4408, "no sign of life")


def test_any_frame_is_a_sign_of_life(rules):
    """Not only a pong, any frame counts as an answer."""
    for turn in range(1, 9):
        assert rules.tick(PING_EVERY_S * turn) == Ping()
        if turn % 2 == 0:
            effect = rules.received(watch() if turn % 4 else frame("pong", {}, with_id=False), PING_EVERY_S * turn + 1)
            assert effect == NOTHING or isinstance(effect.frame, Watch)
