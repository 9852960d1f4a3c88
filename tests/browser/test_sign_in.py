"""Signing in, with and without JavaScript, on a phone and on a desktop."""

import re
import time

import httpx2
import pytest
from playwright.sync_api import expect
from support.browsers import DESKTOP, PHONE
from support.mailgun_events import SIGNING_KEY, event, signature
from support.parley_process import ParleyProcess

REFUSED = "status of 422"


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_without_javascript(visitor, parley, viewport):
    """The forms alone lead from the address to the chat page, and a wrong code is told beside its field."""
    page = visitor(expected=REFUSED, java_script_enabled=False, viewport=viewport).page
    page.goto(parley.url + "/")
    page.get_by_label("E-mail").fill("ann@example.org")
    page.get_by_role("button", name="Send code").click()
    expect(page.get_by_text("ann@example.org")).to_be_visible()
    code = parley.code_for("ann@example.org")
    page.get_by_label("6-digit code").fill("000000" if code != "000000" else "111111")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("6-digit code").fill(code)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(r"/chat$"))


def test_six_digits_are_enough(visitor, parley):
    """Pasting a whole code signs in without pressing anything."""
    page = visitor().page
    page.goto(parley.url + "/")
    page.get_by_label("E-mail").fill("ann@example.org")
    page.get_by_label("E-mail").press("Enter")
    field = page.get_by_label("6-digit code")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("autocomplete", "one-time-code")
    code = parley.code_for("ann@example.org")
    field.evaluate(
        "(field, text) => { const data = new DataTransfer(); data.setData('text/plain', text);"
        "field.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true})); }",
        f"Your code: {code[:3]} {code[3:]}",
    )
    expect(page).to_have_url(re.compile(r"/chat"))


def test_a_signed_in_browser_goes_straight_to_the_chat(visitor, parley):
    """The form is not shown to who is signed in, and the chat is not shown to who is not."""
    ann = visitor().sign_in("ann@example.org")
    ann.page.goto(parley.url + "/")
    expect(ann.page).to_have_url(re.compile(r"/chat"))
    stranger = visitor().page
    stranger.goto(parley.url + "/chat")
    expect(stranger).to_have_url(parley.url + "/")


def test_a_wrong_address_is_told_at_once(visitor, parley):
    """An address without a domain stays on the form with a sentence and keeps what was typed."""
    page = visitor(expected=REFUSED, java_script_enabled=False).page
    page.goto(parley.url + "/")
    page.get_by_label("E-mail").fill("ann@localhost..example")
    page.get_by_role("button", name="Send code").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_have_value("ann@localhost..example")


def test_waiting_for_the_code(visitor, parley):
    """The page tells how the delivery stands, holds back a second code, and lets one correct the address."""
    page = visitor().page
    page.goto(parley.url + "/")
    page.get_by_label("E-mail").fill("an@example.org")
    page.get_by_role("button", name="Send code").click()
    expect(page.get_by_text(re.compile(r"Sent to the mail server · valid for 2:\d\d"))).to_be_visible()
    expect(page.get_by_text(re.compile(r"Resend in 0:[012]\d"))).to_be_visible()
    expect(page.get_by_role("button", name="Send a new code")).to_be_disabled()
    page.get_by_role("link", name="change").click()
    expect(page.get_by_label("E-mail")).to_have_value("an@example.org")
    page.get_by_label("E-mail").fill("ann@example.org")
    page.get_by_label("E-mail").press("Enter")
    expect(page.get_by_text("ann@example.org")).to_be_visible()
    page.get_by_label("6-digit code").fill(parley.code_for("ann@example.org"))
    expect(page).to_have_url(re.compile(r"/chat"))


@pytest.fixture
def reporting(tmp_path):
    """A running product that believes Mailgun, and a function that posts what Mailgun would."""
    process = ParleyProcess(tmp_path / "reporting", MAILGUN_WEBHOOK_SIGNING_KEY=SIGNING_KEY).start()

    def report(page, kind, **members):
        challenge = page.url.rpartition("/")[2]
        signed = signature(int(time.time()), f"{kind}-{time.time_ns()}")
        body = {"signature": signed, "event-data": event(kind, challenge, **members)}
        assert httpx2.post(f"{process.url}/webhooks/mailgun", json=body).status_code == 200

    yield process, report
    process.stop()


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("javascript", [True, False], ids=["script", "forms"])
def test_what_the_mail_service_reports(visitor, reporting, viewport, javascript):
    """The page tells what became of the mail, by itself where it has a script and on reload where it has none."""
    parley, report = reporting
    one = visitor(viewport=viewport, java_script_enabled=javascript)
    page = one.page
    page.goto(parley.url + "/")
    page.get_by_label("E-mail").fill("ann@example.org")
    page.get_by_role("button", name="Send code").click()
    parley.code_for("ann@example.org")
    for kind, members, words in (
        ("failed", {"severity": "temporary"}, re.compile(r"we keep trying · valid for [23]:\d\d")),
        ("delivered", {}, re.compile(r"The mail was delivered at \d\d:\d\d( UTC)? · valid for [23]:\d\d")),
        ("failed", {"severity": "permanent"}, re.compile(r"^Your mail provider refused the mail. Check the address.$")),
    ):
        report(page, kind, **members)
        if not javascript:
            page.reload()
        expect(page.locator("[data-delivery]")).to_have_text(words)
        assert not one.is_wider_than_its_window()


def test_the_address_is_remembered(visitor, parley):
    """Who signs out finds the address in the form."""
    ann = visitor().sign_in("ann@example.org").connected()
    ann.page.get_by_role("link", name="Settings").click()
    ann.page.get_by_role("button", name="Sign out", exact=True).click()
    expect(ann.page.get_by_label("E-mail")).to_have_value("ann@example.org")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_forms_are_accessible(visitor, parley, viewport, scheme):
    """Axe finds nothing on either form, in both themes and at both widths, and nothing scrolls sideways."""
    one = visitor(viewport=viewport, color_scheme=scheme)
    one.page.goto(parley.url + "/")
    assert one.axe() == []
    assert not one.is_wider_than_its_window()
    one.page.get_by_label("E-mail").fill("a" * 50 + "@" + "long-domain." * 8 + "example")
    one.page.get_by_role("button", name="Send code").click()
    expect(one.page.get_by_label("6-digit code")).to_be_visible()
    assert one.axe() == []
    assert not one.is_wider_than_its_window()
