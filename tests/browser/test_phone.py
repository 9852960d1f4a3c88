"""The narrow screen: list and conversation are two pages."""

import re

from playwright.sync_api import expect
from support.browsers import PHONE


def test_two_pages_and_the_way_back(guest, person):
    """The list opens a conversation as a page of its own; the button and the browser's own way lead back."""
    person("Bob")
    ann = guest("Ann", viewport=PHONE, has_touch=True)
    expect(ann.composer).to_have_count(0)
    ann.open("Lobby")
    expect(ann.row("Lobby")).to_have_count(0)
    ann.page.get_by_role("button", name="Back").click()
    expect(ann.row("Lobby")).to_be_visible()
    expect(ann.page).to_have_url(re.compile(r"/chat$"))
    ann.open("Lobby")
    ann.page.go_back()
    expect(ann.row("Lobby")).to_be_visible()
    ann.page.go_forward()
    expect(ann.composer).to_be_visible()
    ann.page.reload()
    expect(ann.composer).to_be_visible()
    ann.page.get_by_role("button", name="Back").click()
    expect(ann.row("Lobby")).to_be_visible()


def test_every_page_fits(guest, person):
    """No page scrolls sideways at 360 px, and every target is at least 44 px high."""
    person("Bob")
    ann = guest("Ann", viewport=PHONE, has_touch=True)
    narrow(ann)
    for name, heading in (("People", "People"), ("New conversation", "New conversation"), ("Settings", "Settings")):
        ann.page.get_by_role("link", name=name).first.click()
        expect(ann.page.get_by_role("heading", level=1, name=heading)).to_be_visible()
        narrow(ann)
        ann.page.get_by_role("button", name="Back").click()
    ann.open("Lobby")
    ann.say("a word of " + "x" * 200)
    expect(ann.message("a word of").get_by_title("Stored")).to_be_visible()
    narrow(ann)


def narrow(one):
    """Nothing is wider than the window, and nothing to press is smaller than a thumb."""
    assert not one.is_wider_than_its_window()
    small = one.page.evaluate("""() => [...document.querySelectorAll('button, a[href], input, select, textarea')]
        .filter(target => target.checkVisibility() && !target.closest('.skip, p, label'))
        .map(target => [target.getBoundingClientRect().height, target.tagName, target.className])
        .filter(([height]) => height < 43.5)""")
    assert small == []
