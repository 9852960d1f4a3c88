"""The server dies in the middle of a conversation and comes back."""

import re

from playwright.sync_api import expect
from support.person import LOBBY


def test_what_is_written_meanwhile_is_sent_once(guest, parley):
    """Killed and restarted: the page says so, keeps what is written, sends it once, and nobody signs in again."""
    ann, bob = guest("Ann").open("Lobby"), guest("Bob").open("Lobby")
    ann.say("before")
    expect(bob.message("before")).to_be_visible()
    parley.kill()
    expect(ann.banner).to_contain_text(re.compile(r"Trying again in \d+ s"))
    ann.say("written in the dark")
    ann.say("and one more")
    expect(ann.message("written in the dark").get_by_title("Sending")).to_be_visible()
    expect(ann.row("Lobby")).to_contain_text("and one more")
    parley.start()
    for one in (ann, bob):
        reconnect(one)
    for one in (ann, bob):
        expect(one.message("and one more")).to_have_count(1)
        expect(one.message("written in the dark")).to_have_count(1)
        said = [text.split("\n")[0] for text in one.log.locator(".bubble").all_inner_texts()]
        assert said == ["before", "written in the dark", "and one more"]
    expect(ann.message("and one more").get_by_title("Stored")).to_be_visible()
    bob.say("welcome back")
    expect(ann.message("welcome back")).to_be_visible()


def test_a_reload_does_not_lose_what_waits(guest, parley):
    """A text that waits for the server is still there after a reload, and is sent then."""
    ann = guest("Ann").open("Lobby")
    expect(ann.log).to_be_visible()
    parley.kill()
    ann.say("patient")
    expect(ann.message("patient").get_by_title("Sending")).to_be_visible()
    parley.start()
    ann.page.reload()
    expect(ann.message("patient").get_by_title("Stored")).to_be_visible()
    expect(ann.message("patient")).to_have_count(1)


def test_what_was_missed_comes_with_the_next_connection(guest, person, parley):
    """A window that was cut off catches up with everything that was said meanwhile, in order."""
    ann, bob = guest("Ann").open("Lobby"), person("Bob")
    expect(ann.log).to_be_visible()
    ann.context.set_offline(True)
    parley.kill()
    parley.start()
    with bob.socket() as at_bob:
        for number in range(5):
            at_bob.say(LOBBY, f"missed {number}")
    expect(ann.banner).to_contain_text("Connection lost")
    ann.context.set_offline(False)
    expect(ann.message("missed 4")).to_be_visible()
    said = ann.log.locator(".bubble").all_inner_texts()
    assert said == [f"missed {number}" for number in range(5)]


def test_the_server_asks_to_go_away(guest, parley):
    """A server that is stopped says goodbye, and the page finds its successor by itself."""
    ann = guest("Ann").open("Lobby")
    parley.stop()
    expect(ann.banner).to_contain_text("Connection lost")
    parley.start()
    expect(ann.banner).to_have_text("", timeout=40_000)
    ann.say("found you")
    expect(ann.message("found you").get_by_title("Stored")).to_be_visible()


def reconnect(one):
    """Press the banner's button, unless the page was quicker."""
    # In one go within the page, which may take the button away at any time.
    one.banner.get_by_role("button", name="Try now").evaluate_all("found => found.forEach(it => it.click())")
    expect(one.banner).to_have_text("", timeout=40_000)
