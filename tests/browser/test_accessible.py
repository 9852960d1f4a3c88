"""For everybody: what axe finds on each view, and the way with the keyboard alone."""

import pytest
from playwright.sync_api import expect
from support.browsers import DESKTOP, PHONE
from support.call_windows import Window
from support.chromium import FAKE_DEVICES

FLAGS = FAKE_DEVICES

LOOKS = [(viewport, scheme) for viewport in (DESKTOP, PHONE) for scheme in ("light", "dark")]


@pytest.mark.parametrize(
    ("viewport", "scheme"), LOOKS, ids=["desktop-light", "desktop-dark", "phone-light", "phone-dark"]
)
def test_axe_finds_nothing(guest, person, viewport, scheme):
    """Axe finds nothing on any view, in both themes and at both widths."""
    bob = person("Bob Example")
    ann = guest("Ann", viewport=viewport, color_scheme=scheme)
    found = {"list": ann.axe()}
    for view, heading in (("people", "People"), ("new", "New conversation"), ("settings", "Settings")):
        ann.page.goto(f"{ann.parley.url}/chat/{view}")
        expect(ann.page.get_by_role("heading", level=1, name=heading)).to_be_visible()
        expect(ann.page.locator("[aria-busy=true]")).to_have_count(0)
        if view == "new":
            ann.page.get_by_role("button", name="Bob Example").click()
        found[view] = ann.axe()
    me = ann.page.evaluate("fetch('/me').then(me => me.json()).then(me => me.id)")
    group = {"kind": "group", "members": [me], "title": "String quartet"}
    conv = bob.http.post("/api/conversations", json=group).json()["conv"]
    ann.page.goto(f"{ann.parley.url}/chat/{conv}")
    ann.say("see https://example.org")
    expect(ann.message("see").get_by_title("Stored")).to_be_visible()
    with bob.socket() as at_bob:
        at_bob.say(conv, "a word from Bob", after=[1, 1])
        at_bob.notice("typing", {"conv": conv})
        expect(ann.main.get_by_text("Bob Example is typing …")).to_be_visible()
    found["conversation"] = ann.axe()
    ann.page.get_by_role("button", name="Details").click()
    expect(ann.page.get_by_role("dialog").get_by_text("Bob Example").first).to_be_visible()
    found["details"] = ann.axe()
    assert {view: faults for view, faults in found.items() if faults} == {}


@pytest.mark.parametrize(("viewport", "scheme"), [LOOKS[0], LOOKS[3]], ids=["desktop-light", "phone-dark"])
def test_axe_finds_nothing_in_a_call(guest, person, visitor, viewport, scheme):
    """Neither does it while a call rings, goes on, stands beside the conversation, and is over."""
    bob_person = person("Bob")
    ann = Window(guest("Ann", viewport=viewport, color_scheme=scheme))
    me = ann.page.evaluate("fetch('/me').then(me => me.json()).then(me => me.id)")
    bob_person.http.post("/api/conversations", json={"kind": "direct", "members": [me]})
    bob = Window(visitor().enter(bob_person))
    bob.start("Ann")
    expect(ann.ring).to_be_visible()
    found = {"ring": ann.visitor.axe()}
    ann.answer()
    ann.sees("Bob")
    found["call"] = ann.visitor.axe()
    ann.press("Devices")
    found["devices"] = ann.visitor.axe()
    ann.press("Devices")
    ann.page.keyboard.press("Escape")
    expect(ann.visitor.composer).to_be_visible()
    found["beside"] = ann.visitor.axe()
    bob.hang_up()
    expect(ann.card).to_be_visible()
    found["over"] = ann.visitor.axe()
    ann.page.keyboard.press("Escape")
    expect(ann.history("Video call")).to_be_visible()
    found["history"] = ann.visitor.axe()
    assert {view: faults for view, faults in found.items() if faults} == {}


def test_axe_finds_nothing_while_offline(guest, parley):
    """Neither does it while the connection is lost and a text waits."""
    ann = guest("Ann").open("Lobby")
    parley.kill()
    ann.say("waiting")
    expect(ann.banner).to_contain_text("Connection lost")
    assert ann.axe() == []


def test_with_the_keyboard_alone(guest, person):
    """Tab, arrow keys, Enter and Escape lead from the list to a sent message and to the people and back."""
    person("Bob")
    ann = guest("Ann")
    keyboard = ann.page.keyboard
    ann.page.get_by_role("searchbox", name="Search").focus()
    keyboard.type("lob")
    keyboard.press("ArrowDown")
    expect(ann.row("Lobby")).to_be_focused()
    keyboard.press("Enter")
    expect(ann.composer).to_be_focused()
    keyboard.type("by hand")
    keyboard.press("Enter")
    expect(ann.message("by hand")).to_be_visible()
    expect(ann.composer).to_be_focused()
    keyboard.press("Shift+Tab")
    expect(ann.message("by hand")).to_be_focused()
    ann.page.go_back()
    expect(ann.composer).to_have_count(0)
    ann.page.get_by_role("link", name="People").focus()
    keyboard.press("Enter")
    expect(ann.page.get_by_role("searchbox", name="Name or e-mail address")).to_be_focused()
    keyboard.press("ArrowDown")
    expect(ann.page.get_by_role("button", name="Bob")).to_be_focused()
    keyboard.press("Enter")
    expect(ann.composer).to_be_focused()


def test_the_skip_link(guest):
    """The first Tab offers to skip the list."""
    ann = guest("Ann").open("Lobby")
    ann.page.reload()
    expect(ann.composer).to_be_focused()
    ann.page.evaluate("document.activeElement.blur()")
    ann.page.get_by_role("link", name="Skip to the conversation").focus()
    ann.page.keyboard.press("Enter")
    expect(ann.page.get_by_role("main")).to_be_focused()


def test_no_motion_where_none_is_wanted(guest):
    """With reduced motion nothing on the page is animated."""
    ann = guest("Ann", reduced_motion="reduce").open("Lobby")
    ann.say("still")
    expect(ann.message("still")).to_be_visible()
    assert ann.page.evaluate("document.getAnimations().filter(one => one.effect.getTiming().duration > 1).length") == 0
