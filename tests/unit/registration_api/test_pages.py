"""The pages: forms without JavaScript, where each visitor is led, what each page carries."""

import re
from html import unescape

import pytest
from support.registration import FILES

from parley.contracts.problems import PROBLEMS

CHALLENGE = re.compile(r"/verify/([0-9a-f-]{36})")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self' https://webrtc.manchik.co.uk; font-src 'self'; manifest-src 'self'; media-src 'self' blob:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


async def ask_by_form(browser, address="ann@example.org"):
    await browser.get("/")
    answer = await browser.post("/otp", data={"email": address})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def test_forms_alone_lead_to_the_chat(world, browser):
    """Address, code and nothing else: three requests and two redirects end on the chat page, signed in."""
    page = await ask_by_form(browser)
    await world.deliver()
    shown = await browser.get(page)
    assert "Sent to the mail server · valid for 3:00" in shown.text
    action = re.search(r'action="(/otp/[^"]+/verify)"', shown.text).group(1)
    entered = await browser.post(action, data={"code": world.mailbox.code_for("ann@example.org")})
    assert (entered.status_code, entered.headers["location"]) == (303, "/chat")
    assert '<div id="root"></div>' in (await browser.get("/chat")).text
    assert (await browser.get("/me")).json()["email"] == "ann@example.org"


async def test_forms_may_be_multipart(browser):
    """A form that is sent as multipart/form-data is the same form."""
    answer = await browser.post("/otp", files={"email": (None, "ann@example.org")})
    assert CHALLENGE.search(answer.headers["location"])


async def test_a_broken_form_is_malformed(browser):
    """A multipart body without its boundaries is answered with 400."""
    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = await browser.post("/otp", content=b"nonsense", headers=headers)
    assert answer.status_code in (400, 422)


async def test_a_bad_address_stays_on_its_form(browser):
    """The form comes back with what was typed, the reason beside its field, and its status."""
    answer = await browser.post("/otp", data={"email": 'ann"><script>@x'})
    assert answer.status_code == 422
    assert 'value="ann&#34;&gt;&lt;script&gt;@x"' in answer.text
    assert '<p class="error" role="alert" id="email-error">' in answer.text
    assert 'aria-describedby="email-error"' in answer.text


async def test_a_missing_field_is_an_empty_one(browser):
    """A form without its field is answered like one that was left empty."""
    assert (await browser.post("/otp", data={})).status_code in (415, 422)
    assert (await browser.post("/otp", data={"other": "x"})).status_code == 422


async def test_a_wrong_code_stays_on_its_form(world, browser):
    """A wrong code brings the form back with the reason, and the right one still works."""
    page = await ask_by_form(browser)
    await world.deliver()
    path = f"/otp/{CHALLENGE.search(page).group(1)}/verify"
    wrong = await browser.post(path, data={"code": "12345"})
    assert wrong.status_code == 422
    assert '<p class="error" role="alert" id="code-error">' in wrong.text
    right = await browser.post(path, data={"code": world.mailbox.code_for("ann@example.org")})
    assert right.headers["location"] == "/chat"


async def test_too_many_stay_on_the_form(browser):
    """A second request at once brings the form back with the wait, in words and as Retry-After."""
    await ask_by_form(browser)
    answer = await browser.post("/otp", data={"email": "ann@example.org"})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")
    assert "Try again in 30 seconds." in answer.text
    assert 'value="ann@example.org"' in answer.text


async def test_the_code_form_is_as_its_script_expects(world, browser):
    """The form carries the challenge, both times, the address and one field for a one-time code."""
    page = await ask_by_form(browser, "Ann+x@example.org")
    before = (await browser.get(page)).text
    challenge = CHALLENGE.search(page).group(1)
    assert f'data-verify data-challenge="{challenge}" data-expires-ms="" data-resend-ms="30000"' in before
    assert "<span data-delivery" in before
    assert "Sending the code …" in before
    await world.deliver()
    world.clock.advance(s=12)
    after = (await browser.get(page)).text
    assert 'data-expires-ms="180000"' not in after
    assert 'data-expires-ms="168000" data-resend-ms="18000"' in after
    assert "Resend in 0:18" in after
    assert 'autocomplete="one-time-code"' in after
    assert 'inputmode="numeric"' in after
    assert '<progress class="bar" max="180000" value="168000"' in after
    assert "Sent to <b>Ann+x@example.org</b>" in after
    assert '<input type="hidden" name="email" value="Ann+x@example.org">' in after
    world.clock.advance(s=168)
    assert "This code is over." in (await browser.get(page)).text


async def test_the_code_form_belongs_to_its_browser(world, browser):
    """Another browser with the address of the page is told to ask for a code of its own, whose address it is not."""
    page = await ask_by_form(browser)
    await world.deliver()
    stranger = await world.browser()
    answer = await stranger.get(page)
    assert answer.status_code == 404
    assert "data-signin" in answer.text
    assert "ann@example.org" not in answer.text
    path = f"/otp/{CHALLENGE.search(page).group(1)}/verify"
    code = world.mailbox.code_for("ann@example.org")
    assert (await stranger.post(path, data={"code": code})).status_code == 404
    assert (await stranger.post(path, json={"code": code})).status_code == 422
    assert (await browser.post(path, data={"code": code})).status_code == 303


@pytest.mark.parametrize(("path", "leads_to"), [("/", "/chat"), ("/verify/x", "/chat")])
async def test_the_signed_in_are_led_to_the_chat(world, browser, path, leads_to):
    """Who is signed in sees no form."""
    await world.sign_in(browser)
    answer = await browser.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, leads_to)


@pytest.mark.parametrize("path", ["/chat", "/chat/0192f0c1", "/chat/a/b"])
async def test_the_signed_out_are_led_to_the_form(world, browser, path):
    """Who is not signed in sees no chat, and who is sees it under every path of the client."""
    answer = await browser.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    await world.sign_in(browser)
    assert (await browser.get(path)).status_code == 200


async def test_every_page_has_the_strict_policy(world, browser):
    """No page may run or style anything inline, be framed, be stored, or send its forms elsewhere."""
    pages = [await browser.get("/"), await browser.get("/problems/invalid")]
    pages += [await browser.post("/otp", data={"email": "x"}), await browser.get(await ask_by_form(browser))]
    world.clock.advance(s=31)
    await world.sign_in(browser)
    pages.append(await browser.get("/chat"))
    for page in pages:
        assert page.headers["content-security-policy"] == POLICY
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "same-origin"
        assert re.search(r"<style|style=|\son\w+=|javascript:", page.text) is None
        assert re.findall(r"<script[^>]*>(.*?)</script>", page.text, re.DOTALL) == [""]


async def test_pages_load_what_the_build_says(world, browser):
    """Each page loads its entry of the manifest, with the styles and modules that the entry imports."""
    start = (await browser.get("/")).text
    assert '<script type="module" src="/assets/login-2a.js"></script>' in start
    assert re.findall(r'stylesheet" href="([^"]+)"', start) == ["/assets/login-2b.css"]
    await world.sign_in(browser)
    chat = (await browser.get("/chat")).text
    assert '<script type="module" src="/assets/main-1a.js"></script>' in chat
    assert re.findall(r'stylesheet" href="([^"]+)"', chat) == ["/assets/shared-3b.css", "/assets/main-1b.css"]
    assert re.findall(r'modulepreload" href="([^"]+)"', chat) == ["/assets/shared-3a.js"]
    assert '<meta name="chat-rtc-base-url" content="https://webrtc.manchik.co.uk">' in chat


async def test_assets_are_kept_forever(browser):
    """A built file comes with its type, for good, and smaller for whoever can read gzip."""
    plain = await browser.get("/assets/main-1a.js", headers={"accept-encoding": "identity"})
    assert plain.text == FILES["assets/main-1a.js"]
    assert plain.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert plain.headers["content-type"].startswith("text/javascript")
    zipped = await browser.get("/assets/main-1a.js", headers={"accept-encoding": "br, gzip"})
    assert zipped.text == plain.text
    assert zipped.headers["content-encoding"] == "gzip"
    assert int(zipped.headers["content-length"]) < int(plain.headers["content-length"])
    assert "content-encoding" not in (await browser.get("/assets/photo-4a.png")).headers


@pytest.mark.parametrize(
    "name", ["missing.js", "..%2findex.html", "%2e%2e/index.html", "%2fetc%2fpasswd", "..%2f.vite%2fmanifest.json", ""]
)
async def test_only_built_files_are_served(browser, name):
    """A name that the build does not hold is not found, wherever it would lead."""
    assert (await browser.get(f"/assets/{name}")).status_code == 404


async def test_there_is_an_icon(browser):
    """Every page names its icon, so that no browser asks for one that is not there."""
    assert 'href="/favicon.svg"' in (await browser.get("/")).text
    icon = await browser.get("/favicon.svg")
    assert (icon.status_code, icon.headers["content-type"]) == (200, "image/svg+xml")


@pytest.mark.parametrize("slug", PROBLEMS)
async def test_every_problem_is_explained(browser, slug):
    """The type of each problem is a link to a page that says what it means."""
    answer = await browser.get(f"/problems/{slug}")
    assert answer.status_code == 200
    assert PROBLEMS[slug].meaning in unescape(answer.text)


async def test_other_problems_are_not_found(browser):
    """A slug that is none has no page."""
    assert (await browser.get("/problems/nothing")).status_code == 404
