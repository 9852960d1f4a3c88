"""Calls over a reload, a lost socket and another network, and with devices that cannot be had."""

import re

import pytest
from playwright.sync_api import expect
from support.call_windows import Cable, Window, connect
from support.chromium import FAKE_DEVICES

FLAGS = FAKE_DEVICES

# Stands in for the person or the machine that says no: only what is asked for here is refused.
REFUSE = """
const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = wanted => wanted.%s
  ? Promise.reject(new DOMException('', '%s')) : real(wanted);
"""

_MOVES = """async meter => {
  while (meter.value < 0.2) await new Promise(requestAnimationFrame)
}"""


def test_a_reload_in_mid_call(pair, enter):
    """Who loads the page anew is back in the call by themselves, and pictures move both ways again."""
    ann, bob = (enter(one) for one in pair)
    connect(ann, bob)
    bob.sees("Ann")
    bob.page.reload()
    bob.sees("Ann")
    ann.sees("Bob")
    expect(ann.page.get_by_text("Reconnecting …")).to_have_count(0)
    ann.hang_up()
    expect(ann.card).to_contain_text("Reconnects1")
    expect(bob.card).to_contain_text("ended by Ann")


def test_the_caller_loads_anew(pair, enter):
    """The same for the one who called, whose session it was."""
    ann, bob = (enter(one) for one in pair)
    connect(ann, bob)
    ann.page.reload()
    ann.sees("Bob")
    bob.sees("Ann")


def test_the_socket_is_lost(pair, visitor):
    """Without the socket the pictures go on; what happened meanwhile is known as soon as it is back."""
    ann_person, bob_person = pair
    # Bob's page polls a session that Ann has deleted: that is how it hears of the end of their connection.
    guest = visitor(expected="404 (Not Found)")
    cable = Cable(guest.page)
    bob, ann = Window(guest.enter(bob_person)), Window(visitor().enter(ann_person))
    connect(ann, bob)
    cable.pull()
    expect(bob.visitor.banner).to_contain_text("Connection lost")
    bob.sees("Ann")
    ann.sees("Bob")
    ann.hang_up()
    expect(ann.card).to_contain_text("ended by you")
    expect(bob.call_with("Ann")).to_be_visible()
    cable.put_back()
    # Told by the log's entry if the end was told again before; the entry does not say by whom.
    expect(bob.card.get_by_text(re.compile("^ended( by Ann)?$"))).to_be_visible()


def test_another_network(pair, enter):
    """When the network changes, an offer with fresh ICE credentials is made over the old one, and the call goes on."""
    ann, bob = (enter(one) for one in pair)
    connect(ann, bob)
    ann.sees("Bob")
    with bob.page.expect_request(puts("/answer")) as answered, ann.page.expect_request(puts("/offer")) as asked:
        ann.page.evaluate("() => { window.dispatchEvent(new Event('online')) }")
    assert asked.value.headers["if-match"] == '"1"'
    assert answered.value.post_data_json["offer_rev"] == 2
    ann.sees("Bob")
    bob.sees("Ann")


def puts(what: str):
    return lambda request: request.method == "PUT" and request.url.endswith(what)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("NotAllowedError", "does not let this page use the camera"),
        ("NotFoundError", "No camera was found"),
        ("NotReadableError", "Another program uses the camera"),
    ],
)
def test_no_camera(pair, enter, error, sentence):
    """Without a camera a sentence says what helps, and the call goes on with sound alone."""
    ann, bob = enter(pair[0], REFUSE % ("video", error)), enter(pair[1])
    connect(ann, bob)
    expect(ann.page.get_by_role("alert")).to_contain_text(sentence)
    ann.sees("Bob")
    expect(bob.picture_of("Ann")).to_be_hidden()
    bob.hears("Ann")


def test_no_microphone(pair, enter):
    """Without a microphone there is no call: a sentence says why, and it rings for nobody."""
    ann, bob = enter(pair[0], REFUSE % ("audio", "NotAllowedError")), enter(pair[1])
    ann.start("Bob")
    expect(ann.card).to_contain_text("does not let this page use the microphone")
    ann.card.get_by_role("button", name="Close").click()
    ann.visitor.say("you call me, please")
    expect(bob.visitor.row("Ann")).to_contain_text("you call me, please")
    expect(bob.ring).to_have_count(0)


def test_the_devices_in_the_settings(pair, enter):
    """The settings show the camera, how loud the microphone is, and let both be chosen."""
    ann = enter(pair[0])
    ann.page.get_by_role("link", name="Settings").click()
    ann.page.get_by_role("button", name="Test microphone and camera").click()
    expect(ann.page.locator("video[aria-label=Camera]")).to_be_visible()
    ann.page.get_by_label("Loudness").evaluate(_MOVES)
    microphone = ann.page.get_by_label("Microphone", exact=True)
    microphone.select_option(index=1)
    expect(microphone).not_to_have_value("")
    ann.page.get_by_role("button", name="Stop the test").click()
    expect(ann.page.locator("video")).to_have_count(0)
    ann.page.reload()
    ann.page.get_by_role("button", name="Test microphone and camera").click()
    expect(ann.page.get_by_label("Microphone", exact=True)).to_have_value(re.compile(".+"))
