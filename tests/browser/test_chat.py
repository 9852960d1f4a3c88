"""Two people in two browsers: they see each other, talk, and know what was read."""

import re

from playwright.sync_api import expect


def test_two_people_talk_in_the_lobby(guest):
    """Whoever signs in finds everybody in the lobby, and what one says appears at the other at once."""
    ann, bob = guest("Ann"), guest("Bob")
    ann.open("Lobby")
    bob.open("Lobby")
    ann.say("good morning")
    expect(bob.message("good morning")).to_be_visible()
    bob.say("to you too")
    expect(ann.message("to you too")).to_be_visible()
    expect(ann.message("to you too")).to_contain_text("Bob")
    expect(ann.message("good morning").get_by_title("Stored")).to_be_visible()


def test_presence(guest):
    """Somebody who is there is shown as online, and as offline after the last window is closed."""
    ann, bob = guest("Ann"), guest("Bob")
    ann.page.get_by_role("link", name="People").click()
    row = ann.page.get_by_role("button", name="Bob")
    expect(row).to_contain_text("online")
    bob.page.close()
    expect(row).to_contain_text("offline", timeout=20_000)


def test_a_direct_conversation_from_the_people(guest):
    """Choosing a person opens the conversation with them; typing, marks and unread counts follow."""
    ann, bob = guest("Ann"), guest("Bob")
    ann.page.get_by_role("link", name="People").click()
    ann.page.get_by_role("button", name="Bob").click()
    expect(ann.page.get_by_text("Nothing here yet")).to_be_visible()
    ann.composer.press_sequentially("are you")
    expect(bob.row("Ann")).to_contain_text("typing")
    ann.say("are you there?")
    expect(bob.row("Ann")).to_contain_text("are you there?")
    expect(bob.row("Ann")).to_contain_text("1 unread message")
    expect(bob.page).to_have_title("(1) Parley")
    expect(ann.message("are you there?").get_by_title("Stored")).to_be_visible()
    bob.open("Ann")
    expect(ann.message("are you there?").get_by_title("Read")).to_be_visible()
    expect(bob.page).to_have_title("Parley")
    expect(bob.row("Ann")).not_to_contain_text("unread")
    bob.composer.press_sequentially("yes")
    expect(ann.main.get_by_text("Bob is typing …")).to_be_visible()
    bob.composer.press("Enter")
    expect(ann.message("yes")).to_be_visible()
    expect(ann.main.get_by_text("Bob is typing …")).to_have_count(0)


def test_a_group(guest):
    """A group is there for everybody who was picked, read by all means by all, and gone for who is taken out."""
    ann, bob, eve = guest("Ann"), guest("Bob"), guest("Eve")
    page = ann.page
    page.get_by_role("link", name="New conversation").first.click()
    page.get_by_role("button", name="Bob").click()
    page.get_by_role("list", name="People").get_by_role("button", name="Eve").click()
    page.get_by_role("textbox", name="Name of the group").fill("String quartet")
    page.get_by_role("button", name="Start group").click()
    ann.say("who plays viola?")
    bob.open("String quartet")
    expect(bob.message("who plays viola?")).to_contain_text("Ann")
    expect(ann.message("who plays viola?").get_by_title("Stored")).to_be_visible()
    eve.open("String quartet")
    expect(ann.message("who plays viola?").get_by_title("Read")).to_be_visible()
    page.get_by_role("button", name="Details").click()
    page.get_by_role("button", name="Remove Eve").click()
    expect(bob.message("Ann removed Eve")).to_be_visible()
    expect(eve.page.get_by_text("no longer a member")).to_be_visible()
    expect(eve.row("String quartet")).to_have_count(0)


def test_enter_sends_and_shift_enter_breaks(guest):
    """Shift+Enter begins a line, Enter sends, and spaces alone are not sent."""
    ann = guest("Ann").open("Lobby")
    ann.composer.press_sequentially("one")
    ann.composer.press("Shift+Enter")
    ann.composer.press_sequentially("two")
    ann.composer.press("Enter")
    expect(ann.message("one").locator(".bubble")).to_have_text("one\ntwo", use_inner_text=True)
    expect(ann.composer).to_have_value("")
    ann.say("   ")
    expect(ann.log.get_by_role("listitem")).to_have_count(1)


def test_drafts_belong_to_their_conversation(guest, person):
    """What is half written stays with its conversation, over a change of page and over a reload."""
    person("Bob")
    ann = guest("Ann").open("Lobby")
    ann.composer.fill("half a thought")
    ann.page.get_by_role("link", name="People").click()
    ann.page.get_by_role("button", name="Bob").click()
    expect(ann.composer).to_have_value("")
    ann.open("Lobby")
    expect(ann.composer).to_have_value("half a thought")
    ann.page.reload()
    expect(ann.composer).to_have_value("half a thought")


def test_signing_out(guest):
    """Signing out ends at the form, and the chat is closed to that browser."""
    ann = guest("Ann")
    ann.page.get_by_role("link", name="Settings").click()
    ann.page.get_by_role("button", name="Sign out", exact=True).click()
    expect(ann.page.get_by_label("E-mail")).to_be_visible()
    ann.page.goto(ann.parley.url + "/chat")
    expect(ann.page).to_have_url(re.compile(r"/$"))
