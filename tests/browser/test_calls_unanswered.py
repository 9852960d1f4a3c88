"""Calls that nobody answers in time, and one that has no room for one more."""

from contextlib import ExitStack

import pytest
from playwright.sync_api import expect
from support.chromium import FAKE_DEVICES

FLAGS = FAKE_DEVICES

RINGS_S = 8
SETTINGS = {"CALL_RING_SECONDS": str(RINGS_S)}

MESH = 4
"""People whom a video call has room for."""


def test_nobody_answers(pair, enter):
    """It stops ringing by itself: who called reads that nobody answered, who was called may call back."""
    ann, bob = (enter(one) for one in pair)
    ann.start("Bob")
    expect(bob.ring).to_be_visible()
    expect(ann.card).to_contain_text("no answer", timeout=4_000 * RINGS_S)
    expect(ann.card.get_by_role("button", name="Call again")).to_be_visible()
    expect(bob.ring).to_have_count(0)
    expect(bob.page).to_have_title("(1) Parley")
    bob.visitor.open("Ann")
    missed = bob.history("Missed video call")
    expect(missed).to_have_count(1)
    expect(missed.get_by_role("button", name="Call back")).to_be_enabled()
    ann.page.get_by_role("button", name="Back to the conversation").click()
    expect(ann.history("Video call without answer")).to_have_count(1)


@pytest.fixture
def full(person):
    """A group of one more than a call has room for, in which all but Eve talk; and Eve."""
    eve, *others = (person(name) for name in ("Eve", "Ann", "Bob", "Dan", "Mia"))
    assert len(others) == MESH
    group = {"kind": "group", "members": [one.id for one in others], "title": "Quintet"}
    conv = eve.http.post("/api/conversations", json=group).json()["conv"]
    with ExitStack() as stack:
        first, *rest = (stack.enter_context(one.socket()) for one in others)
        call = first.request("call.invite", {"conv": conv, "media": "video"})["d"]["call"]
        assert all(one.request("call.accept", {"conv": conv, "call": call})["ok"] for one in rest)
        yield eve


def test_no_room_for_one_more(full, enter):
    """Who answers a call that has as many as it can have reads that, whether by the ring or by the conversation."""
    eve = enter(full)
    eve.answer()
    expect(eve.card).to_contain_text("This call is full.")
    eve.card.get_by_role("button", name="Close").click()
    eve.page.get_by_role("button", name="Join call").click()
    expect(eve.card).to_contain_text("This call is full.")
    expect(eve.call_with("Quintet")).to_have_count(0)
