"""Calls between real browsers: ring, answer, decline, cancel, busy, both at once, several tabs, three people."""

import re

import pytest
from playwright.sync_api import expect
from support.call_windows import Window, connect
from support.chromium import FAKE_DEVICES

FLAGS = FAKE_DEVICES


@pytest.fixture
def windows(acquaint, enter):
    """A window for each of several people."""

    def open_windows(*names: str):
        return [enter(one) for one in acquaint(*names)]

    return open_windows


def test_a_video_call(windows):
    """It rings with name, kind and title, pictures move both ways, and both have its account and its entry after it."""
    ann, bob = windows("Ann", "Bob")
    ann.start("Bob")
    expect(bob.ring).to_contain_text("Ann")
    expect(bob.ring).to_contain_text("Video call")
    expect(bob.page).to_have_title("Ann is calling")
    expect(ann.page.get_by_text("Ringing …").first).to_be_visible()
    bob.answer()
    bob.sees("Ann")
    ann.sees("Bob")
    expect(bob.page).to_have_title("Parley")
    expect(ann.call_with("Bob").get_by_text(re.compile("^direct"))).to_be_visible()
    ann.hang_up()
    expect(ann.card).to_contain_text("ended by you")
    expect(bob.card).to_contain_text("ended by Ann")
    for window in (ann, bob):
        expect(window.card).to_contain_text(re.compile(r"Duration0:\d\d.*Pathdirect.*Set up in[\d.]+ s.*Reconnects0"))
        window.page.get_by_role("button", name="Back to the conversation").click()
        expect(window.history("Video call, 0:")).to_have_count(1)


def test_declining(windows):
    """Who declines is asked nothing more, and who called reads who did; the entry says so on both sides."""
    ann, bob = windows("Ann", "Bob")
    ann.start("Bob")
    bob.ring.get_by_role("button", name="Decline").click()
    expect(ann.card).to_contain_text("declined by Bob")
    expect(bob.page.get_by_role("dialog")).to_have_count(0)
    bob.visitor.open("Ann")
    expect(bob.history("Declined video call")).to_have_count(1)
    ann.page.get_by_role("button", name="Back to the conversation").click()
    expect(ann.history("Declined video call")).to_have_count(1)


def test_cancelling_and_calling_back(windows):
    """A call that is given up stops ringing, is a missed one in the history, and one press there calls back."""
    ann, bob = windows("Ann", "Bob")
    ann.start("Bob", "Audio call")
    expect(bob.ring).to_be_visible()
    ann.hang_up()
    expect(ann.card).to_contain_text("cancelled")
    expect(bob.ring).to_have_count(0)
    expect(bob.page).to_have_title("(1) Parley")
    ann.page.keyboard.press("Escape")
    bob.visitor.open("Ann")
    bob.history("Missed audio call").get_by_role("button", name="Call back").click()
    expect(ann.ring).to_contain_text("Bob")


def test_somebody_who_is_in_a_call(acquaint, visitor):
    """Another call does not ring there: the caller reads why, and the call that goes on is not disturbed."""
    at_bob, at_ann, at_eve = acquaint("Bob", "Ann", "Eve")
    bob, ann = (Window(visitor().enter(one)) for one in (at_bob, at_ann))
    # Her offer may be under way when the call is refused.
    eve = Window(visitor(expected="status of 409").enter(at_eve))
    connect(ann, bob, ("Ann", "Bob"))
    eve.start("Bob")
    expect(eve.card).to_contain_text("Bob is in another call")
    expect(bob.ring).to_have_count(0)
    bob.sees("Ann")


def test_both_call_at_once(acquaint, visitor):
    """Two who call each other in the same moment are in one call, which is one entry."""
    expected = "Failed to load resource"
    ann, bob = (Window(visitor(expected=expected).enter(one)) for one in acquaint("Ann", "Bob"))
    for window, other in ((ann, "Bob"), (bob, "Ann")):
        window.visitor.open(other)
        window.page.evaluate("""() => setTimeout(
            () => document.querySelector('[aria-label="Start video call"]')?.click(), 2000 - Date.now() % 2000)""")
    for window, other in ((ann, "Bob"), (bob, "Ann")):
        expect(window.call_with(other).or_(window.ring)).to_be_visible()
        # On a slow machine one was faster after all, and the other is still asked.
        if window.ring.count():
            window.answer()
    ann.sees("Bob")
    bob.sees("Ann")
    bob.hang_up()
    expect(ann.card).to_contain_text("ended by Bob")
    ann.page.keyboard.press("Escape")
    expect(ann.history("Video call, 0:")).to_have_count(1)


def test_answered_in_another_tab(acquaint, visitor):
    """The moment one of several tabs answers, the others stop ringing and say nothing."""
    ann_person, bob_person = acquaint("Ann", "Bob")
    ann, here, there = (Window(visitor().enter(one)) for one in (ann_person, bob_person, bob_person))
    ann.start("Bob")
    expect(there.ring).to_be_visible()
    here.answer()
    expect(there.page.get_by_role("dialog")).to_have_count(0)
    there.visitor.open("Ann")
    expect(there.page.get_by_role("button", name="A call goes on")).to_be_disabled()
    here.sees("Ann")


def test_three_in_a_group(acquaint, visitor):
    """In a group each is connected to each other, whoever comes last; one leaves and the others go on."""
    people = acquaint("Ann", "Bob", "Eve")
    ids = [one.id for one in people[1:]]
    group = {"kind": "group", "members": ids, "title": "Trio"}
    assert people[0].http.post("/api/conversations", json=group).status_code == 201
    ann, bob, eve = (Window(visitor().enter(one)) for one in people)
    ann.start("Trio")
    expect(bob.ring).to_contain_text("Ann calls in Trio")
    bob.answer()
    eve.answer()
    ann.sees("Bob", "Eve")
    bob.sees("Ann", "Eve")
    eve.sees("Ann", "Bob")
    ann.hang_up()
    expect(bob.picture_of("Ann")).to_have_count(0)
    bob.sees("Eve")
    expect(ann.page.get_by_role("button", name="Back to the conversation")).to_be_visible()


def test_the_controls(windows):
    """M mutes, V is the camera, Esc shows the conversation: there letters stay letters, and it is read once seen."""
    ann, bob = windows("Ann", "Bob")
    connect(ann, bob)
    bob.sees("Ann")
    ann.page.keyboard.press("m")
    expect(bob.page.get_by_text("Ann is muted")).to_be_attached()
    ann.page.keyboard.press("v")
    expect(bob.picture_of("Ann")).to_be_hidden()
    ann.page.keyboard.press("v")
    bob.sees("Ann")
    ann.page.keyboard.press("Escape")
    ann.visitor.composer.press_sequentially("mv")
    ann.visitor.composer.press("Enter")
    expect(bob.page).to_have_title("(1) Parley")
    expect(ann.visitor.message("mv").get_by_title("Stored")).to_be_visible()
    bob.page.keyboard.press("Escape")
    expect(ann.visitor.message("mv").get_by_title("Read")).to_be_visible()
    ann.sees("Bob")
    expect(bob.page.get_by_text("Ann is muted")).to_be_attached()
    ann.page.get_by_role("button", name="Return to call").click()
    ann.press("Unmute")
    expect(bob.page.get_by_text("Ann is muted")).to_have_count(0)


def test_sound_first_then_a_picture(windows):
    """An audio call sends no picture; it is heard, and a camera that is switched on in it is seen."""
    ann, bob = windows("Ann", "Bob")
    connect(ann, bob, kind="Audio call")
    expect(bob.picture_of("Ann")).to_be_hidden()
    bob.hears("Ann")
    ann.press("Switch camera on")
    bob.sees("Ann")


def test_accepting_without_video(windows):
    """Who accepts without video sees the other and is not seen."""
    ann, bob = windows("Ann", "Bob")
    ann.start("Bob")
    bob.answer("Accept without video")
    bob.sees("Ann")
    expect(ann.page.get_by_text("Connecting …")).to_have_count(0)
    expect(ann.picture_of("Bob")).to_be_hidden()
