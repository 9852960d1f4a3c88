"""States that are easily forgotten: empty, long, foreign, failed."""

from playwright.sync_api import expect
from support.browsers import PHONE


def test_nothing_there_yet(guest):
    """An empty log, an empty list of people and a search without result each say so and what to do next."""
    ann = guest("Ann").open("Lobby")
    expect(ann.page.get_by_text("Nothing here yet. Write the first message.")).to_be_visible()
    ann.page.get_by_role("searchbox", name="Search").first.fill("zzz")
    expect(ann.page.get_by_text("Nothing found for “zzz”.")).to_be_visible()
    ann.page.get_by_role("searchbox", name="Search").first.press("Escape")
    expect(ann.row("Lobby")).to_be_visible()
    ann.page.get_by_role("link", name="People").click()
    expect(ann.page.get_by_text("Nobody else is here yet.")).to_be_visible()


def test_somebody_is_found_by_address(guest, person):
    """An address that somebody signed in with leads to a conversation, another one is told as unknown."""
    person("Bob")
    ann = guest("Ann")
    ann.page.get_by_role("link", name="People").click()
    ann.page.get_by_role("searchbox", name="Name or e-mail").fill("nobody@example.org")
    ann.page.get_by_role("button", name="Look for nobody@example.org").click()
    expect(ann.page.get_by_text("Nobody signed in with nobody@example.org yet.")).to_be_visible()


def test_long_names_and_long_words(guest, person):
    """Names of sixty characters and words of two hundred widen nothing."""
    long_name = "Bob " + "Ottoline" * 7
    bob = person(long_name[:60])
    for options in ({}, {"viewport": PHONE}):
        ann = guest("Ann" if not options else "Eve", **options)
        made = bob.http.post(
            "/api/conversations",
            json={
                "kind": "direct",
                "members": [ann.page.evaluate("fetch('/me').then(me => me.json()).then(me => me.id)")],
            },
        )
        assert made.status_code == 201
        ann.open(long_name[:60])
        ann.say("w" * 200 + " https://example.org/" + "p" * 200)
        expect(ann.message("www").get_by_title("Stored")).to_be_visible()
        assert not ann.is_wider_than_its_window()
        inside = ann.page.evaluate("""() => [...document.querySelectorAll('.log, .rail .scroll, .bar')]
            .filter(area => area.scrollWidth > area.clientWidth + 1).map(area => area.className)""")
        assert inside == []


def test_links(guest):
    """A link in a text opens a tab of its own that knows nothing of this one."""
    ann = guest("Ann").open("Lobby")
    ann.say("see https://example.org/a_(b). Or javascript:alert(1)")
    link = ann.message("see").get_by_role("link")
    expect(link).to_have_count(1)
    expect(link).to_have_attribute("href", "https://example.org/a_(b)")
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("rel", "noopener noreferrer")


def test_markup_is_text(guest):
    """What looks like markup is shown as it was written."""
    ann = guest("Ann").open("Lobby")
    ann.say("<img src=x onerror=alert(1)><b>bold</b>")
    expect(ann.message("<b>bold</b>")).to_be_visible()
    expect(ann.log.locator("b, img")).to_have_count(0)


def test_right_to_left(guest):
    """A text in Hebrew or Arabic runs from the right, whatever the page does."""
    ann = guest("Ann").open("Lobby")
    ann.say("שלום עולם")
    bubble = ann.message("שלום").locator(".bubble")
    assert bubble.evaluate("one => getComputedStyle(one).direction") == "rtl"
    ann.composer.fill("مرحبا")
    assert ann.composer.evaluate("one => getComputedStyle(one).direction") == "rtl"


def test_too_long(guest):
    """A text that is longer than the server takes says by how much, and cannot be sent."""
    ann = guest("Ann").open("Lobby")
    ann.composer.fill("x" * 7_900)
    expect(ann.page.get_by_text("100 characters left")).to_be_visible()
    ann.composer.fill("x" * 8_001)
    expect(ann.page.get_by_text("8001 of 8000 characters")).to_be_visible()
    expect(ann.page.get_by_role("button", name="Send")).to_be_disabled()


def test_a_conversation_that_is_not_there(guest):
    """An address of a conversation that one is not in says so and leads back."""
    ann = guest("Ann")
    ann.page.goto(ann.parley.url + "/chat/01932f00-0000-7000-8000-0000000000c1")
    expect(ann.page.get_by_text("This conversation is not there")).to_be_visible()
    ann.page.get_by_role("link", name="Back to the conversations").click()
    expect(ann.row("Lobby")).to_be_visible()


def test_a_log_that_cannot_be_loaded(guest):
    """A log that cannot be loaded says so, and comes when asked for again."""
    ann = guest("Ann", expected="ERR_FAILED")
    ann.page.route("**/messages?*", lambda route: route.abort())
    ann.row("Lobby").click()
    expect(ann.page.get_by_text("The messages could not be loaded.")).to_be_visible()
    ann.page.unroute("**/messages?*")
    ann.page.get_by_role("button", name="Try again").click()
    expect(ann.page.get_by_text("Nothing here yet.")).to_be_visible()


def test_the_server_is_away_at_the_start(guest):
    """A page whose server cannot be asked says so, and starts when asked for again."""
    ann = guest("Ann", expected="ERR_FAILED")
    ann.page.route("**/api/conversations?*", lambda route: route.abort())
    ann.page.reload()
    expect(ann.page.get_by_text("Parley cannot be reached.")).to_be_visible()
    ann.page.unroute("**/api/conversations?*")
    ann.page.get_by_role("button", name="Try again").click()
    ann.connected()


def test_the_content_policy(guest):
    """The page allows no inline script, no inline style and nothing from elsewhere, and does not need them."""
    ann = guest("Ann").open("Lobby")
    policy = ann.page.request.get(ann.parley.url + "/chat").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy
    expect(ann.composer).to_be_visible()
