"""Notifications: only once they were asked for, only for what is not on screen, and they lead to where it was said."""

import pytest
from playwright.sync_api import expect

# A headless browser shows notifications to nobody; what the page asks for is noted instead.
NOTE = """
window.shown = [];
window.Notification = class {
  static permission = '%s';
  static requestPermission() { return Promise.resolve(this.permission); }
  constructor(title, options) { window.shown.push(Object.assign(this, { title, ...options })); }
  close() {}
};
"""


def noting(visitor, permission="granted"):
    visitor.context.add_init_script(NOTE % permission)
    return visitor


@pytest.fixture
def ann(visitor, person):
    """Ann's window, in which notifications are noted."""
    return noting(visitor()).enter(person("Ann"))


def switch_on(window):
    window.page.get_by_role("link", name="Settings").click()
    window.page.get_by_role("switch", name="Show notifications for new messages").click()


def titles(window):
    return window.page.evaluate("shown.map(one => [one.title, one.body])")


def test_nothing_is_shown_unasked(ann, guest):
    """Without having been switched on no message shows a notification, nor does the page ask by itself."""
    bob = guest("Bob")
    bob.open("Lobby")
    bob.say("anybody here?")
    expect(ann.row("Lobby")).to_contain_text("anybody here?")
    assert titles(ann) == []


def test_what_is_elsewhere_is_shown(ann, guest):
    """Switched on, a message in another conversation shows who said what; choosing it opens that conversation."""
    bob = guest("Bob")
    switch_on(ann)
    expect(ann.page.get_by_role("switch", name="Show notifications for new messages")).to_be_checked()
    bob.open("Lobby")
    bob.say("anybody here?")
    expect(ann.row("Lobby")).to_contain_text("anybody here?")
    ann.page.wait_for_function("() => shown.length === 1")
    assert titles(ann) == [["Lobby", "Bob: anybody here?"]]
    ann.page.evaluate("shown[0].onclick()")
    expect(ann.message("anybody here?")).to_be_visible()
    bob.say("ah, there you are")
    expect(ann.message("ah, there you are")).to_be_visible()
    assert len(titles(ann)) == 1


def test_a_browser_that_does_not_allow_it(visitor, person):
    """Where the browser denies notifications the switch stays off and a sentence says where to change that."""
    ann = noting(visitor(), "denied").enter(person("Ann"))
    switch_on(ann)
    expect(ann.page.get_by_role("alert")).to_contain_text("does not allow notifications")
    expect(ann.page.get_by_role("switch", name="Show notifications for new messages")).not_to_be_checked()
