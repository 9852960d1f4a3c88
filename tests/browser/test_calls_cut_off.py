"""Calls of somebody who hears nothing from the server for a while: media goes on, what was missed is made up for."""

import json

import pytest
from playwright.sync_api import WebSocketRoute, expect
from support.call_windows import Cable, Window, connect
from support.chromium import FAKE_DEVICES

FLAGS = FAKE_DEVICES

AWAY_MS = 20_000
"""How long the socket stays away, by the clock of the page: as long as that, picture after picture must come."""


@pytest.mark.parametrize("who", ["the one who was away", "the other"])
def test_the_socket_is_away_for_long(pair, visitor, who):
    """Pictures come all the time, nobody is taken out of the call, and afterwards either side can end it for both."""
    ann_person, bob_person = pair
    # Who ends a call deletes its session, which the other's page may just be reading.
    guest = visitor(expected="404 (Not Found)")
    cable = Cable(guest.page)
    bob, ann = Window(guest.enter(bob_person)), Window(visitor(expected="404 (Not Found)").enter(ann_person))
    connect(ann, bob)
    cable.pull()
    expect(bob.visitor.banner).to_contain_text("Connection lost")
    assert bob.keeps_seeing("Ann", AWAY_MS) > 20
    ann.sees("Bob")
    expect(bob.visitor.banner).to_contain_text("Connection lost")
    cable.put_back()
    bob.visitor.banner.get_by_role("button", name="Try now").evaluate_all("found => found.forEach(it => it.click())")
    expect(bob.visitor.banner).to_have_text("", timeout=40_000)
    bob.sees("Ann")
    ends, stays, name = (bob, ann, "Bob") if who == "the one who was away" else (ann, bob, "Ann")
    ends.hang_up()
    expect(ends.card).to_contain_text("ended by you")
    expect(stays.card).to_contain_text(f"ended by {name}")
    for window in (ann, bob):
        expect(window.card).to_contain_text("Reconnects0")


def test_the_end_is_not_heard(pair, visitor):
    """A window to which no frame tells of the end has it from the log: the account is there, another call can begin."""
    ann_person, bob_person = pair
    guest = visitor(expected="404 (Not Found)")
    guest.page.route_web_socket("**/ws", _deaf_to_ends)
    bob, ann = Window(guest.enter(bob_person)), Window(visitor().enter(ann_person))
    connect(ann, bob)
    bob.sees("Ann")
    ann.hang_up()
    expect(ann.card).to_contain_text("ended by you")
    expect(bob.card).to_contain_text("Pathdirect")
    bob.page.get_by_role("button", name="Back to the conversation").click()
    expect(bob.history("Video call, 0:")).to_have_count(1)
    expect(bob.page.get_by_role("button", name="Start video call")).to_be_enabled()


def _deaf_to_ends(socket: WebSocketRoute) -> None:
    """Passes on everything but snapshots of calls that are over."""
    server = socket.connect_to_server()

    def to_page(text: str | bytes) -> None:
        frame = json.loads(text)
        if not (frame.get("t", "").startswith("call.") and frame["d"]["state"] == "ended"):
            socket.send(text)

    server.on_message(to_page)
