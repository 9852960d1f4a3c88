"""A long conversation: where it opens, and that nothing jumps while it is read."""

import pytest
from playwright.sync_api import expect
from support.person import LOBBY

COUNT = 300
TALKERS = 15


@pytest.fixture
def long_lobby(person):
    """Three hundred entries by fifteen people, which is as much as the server lets them say at once."""
    talkers = [person(f"Talker{number}") for number in range(TALKERS)]
    for number in range(COUNT):
        body = f"entry {number + 1}." + " and some more words" * (number % 7)
        said = {"id": f"01932f00-0000-7000-8000-{number:012x}", "after": [1, number], "kind": "text", "body": body}
        answer = talkers[number % TALKERS].http.post(f"/api/conversations/{LOBBY}/messages", json=said)
        assert answer.status_code == 201, answer.text
    return talkers


def test_reading_upwards(guest, long_lobby):
    """Older pages come on the way up to the beginning, and no line moves while they do."""
    ann = guest("Ann").open("Lobby")
    newest = ann.message("entry 300.")
    expect(newest).to_be_in_viewport()
    for _ in range(200):
        if ann.message("entry 1.").count():
            break
        scroll_up_without_a_jump(ann)
    expect(ann.log.get_by_text("This is the beginning.")).to_be_visible()
    expect(ann.message("entry 1.")).to_be_visible()
    expect(ann.log.get_by_text("Today")).to_be_visible()
    ann.page.get_by_role("button", name="Jump to the newest message").click()
    expect(newest).to_be_in_viewport()
    expect(ann.page.get_by_role("button", name="Jump to the newest message")).to_have_count(0)


def test_what_is_new(guest, long_lobby):
    """It opens at the first unread entry with a line, counts what is below, and marks it read on the way down."""
    ann = guest("Ann").open("Lobby")
    expect(ann.message("entry 300.")).to_be_visible()
    ann.page.get_by_role("link", name="People").click()
    expect(ann.row("Lobby")).not_to_contain_text("unread")
    for number in range(40):
        said = {
            "id": f"01932f00-0000-7000-9000-{number:012x}",
            "after": [1, COUNT],
            "kind": "text",
            "body": f"news {number + 1}.",
        }
        assert long_lobby[number % 15].http.post(f"/api/conversations/{LOBBY}/messages", json=said).status_code in (
            201,
            429,
        )
    expect(ann.row("Lobby")).to_contain_text("unread messages")
    ann.open("Lobby")
    expect(ann.log.get_by_text("New", exact=True)).to_be_in_viewport()
    expect(ann.message("news 1.")).to_be_in_viewport()
    jump = ann.page.get_by_role("button", name="Jump to the newest message")
    expect(jump).to_be_visible()
    jump.click()
    expect(jump).to_have_count(0)
    expect(ann.row("Lobby")).not_to_contain_text("unread")


def test_an_arrival_does_not_move_who_reads_above(guest, long_lobby, person):
    """Somebody who reads above the end stays there when something comes, and sees that it came."""
    ann, bob = guest("Ann").open("Lobby"), person("Bob")
    expect(ann.message("entry 300.")).to_be_visible()
    for _ in range(10):
        scroll_up_without_a_jump(ann)
    text, top = a_line_on_screen(ann)
    with bob.socket() as at_bob:
        at_bob.say(LOBBY, "something new")
    expect(ann.page.get_by_role("button", name="Jump to the newest message, 1 unread")).to_be_visible()
    assert abs(top_of(ann, text) - top) <= 1


def test_yesterday(guest, person):
    """A conversation that is read a day later says so, and what is said then stands under its own day."""
    bob = person("Bob")
    with bob.socket() as at_bob:
        at_bob.say(LOBBY, "see you tomorrow")
    ann = guest("Ann")
    ann.page.clock.set_fixed_time(ann.page.evaluate("Date.now()") / 1000 + 86_400)
    ann.open("Lobby")
    expect(ann.message("see you tomorrow")).to_contain_text("Yesterday")
    ann.parley.kill()
    ann.say("here I am")
    expect(ann.message("here I am")).to_contain_text("Today")


def scroll_up_without_a_jump(one):
    """One step of the wheel; what is read then stays where it is while older entries come and are measured."""
    one.log.hover()
    one.page.mouse.wheel(0, -400)
    settle(one)
    text, top = a_line_on_screen(one)
    settle(one)
    moved = top_of(one, text)
    assert abs(moved - top) <= 1, f"{text} moved from {top} to {moved}"


def settle(one):
    """Two frames, in which the page draws what it has."""
    one.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def a_line_on_screen(one):
    """The words and the place of an entry in the middle of the log."""
    return one.page.evaluate("""() => {
        const area = document.querySelector('.log').getBoundingClientRect()
        const drawn = [...document.querySelectorAll('.log li')].filter(row => row.querySelector('.bubble'))
            .map(row => [row.querySelector('.bubble').textContent, row.getBoundingClientRect().top])
            .filter(([, top]) => top >= area.top && top < area.bottom)
        return drawn[Math.floor(drawn.length / 2)] ?? ['nothing is on screen', 0]
    }""")


def top_of(one, text):
    """Where the entry with these words is now; far away if it is not drawn any more."""
    return one.page.evaluate(
        """text => [...document.querySelectorAll('.log li')]
            .find(row => row.querySelector('.bubble')?.textContent === text)?.getBoundingClientRect().top ?? 1e6""",
        text,
    )
