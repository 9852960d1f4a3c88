"""Mailgun's webhook: whom it believes and how often, what it answers, and what the login page makes of it."""

import asyncio
import hashlib
import hmac
import logging

import httpx2
import pytest
from support.mailgun_events import SIGNING_KEY, TOKEN, event, signature
from support.registration import ORIGIN, registration

from parley.component import Component
from parley.onetimecodes.sql_reports import SqlMailReports
from parley.readiness import Readiness
from parley.registration_api.mailgun import is_signed
from parley.registration_api.webhooks import webhook_routes
from parley.rest.application import build_application
from parley.rest.middleware import MAX_BODY
from parley.sql.database import open_database

PATH = "/webhooks/mailgun"
PERMANENT = {"severity": "permanent"}


@pytest.fixture
async def world(tmp_path):
    async with registration(tmp_path, mailgun_webhook_signing_key=SIGNING_KEY) as opened:
        yield opened


@pytest.fixture
async def mailgun(world):
    """Mailgun, which sends neither Origin nor cookie."""
    return await world.browser(origin="", user_agent="mailgun/treq")


@pytest.fixture
async def report(world, mailgun):
    """Posts an event that is signed now, each under a token of its own."""
    tokens = iter(range(1000))

    async def post(kind, challenge, **members):
        signed = signature(world.clock() // 1000, f"token{next(tokens)}")
        return await mailgun.post(PATH, json={"signature": signed, "event-data": event(kind, challenge, **members)})

    return post


def body(world, challenge="none", **changes):
    signed = signature(world.clock() // 1000)
    return {"signature": signed | changes, "event-data": event("failed", challenge, **PERMANENT)}


async def told(browser, challenge):
    """State and time, as the asking browser is told them."""
    answer = (await browser.get(f"/otp/{challenge}")).json()
    return answer["state"], answer["delivered_at"]


def assert_not_accepted(answer):
    assert (answer.status_code, answer.headers["content-type"]) == (406, "application/problem+json")
    assert answer.json()["type"] == "/problems/not-accepted"


def test_known_answer():
    """The signature is HMAC-SHA256 over timestamp and token, in lower-case hexadecimal."""
    right = hmac.new(b"a key", b"1770920772" + TOKEN.encode(), hashlib.sha256).hexdigest()
    assert is_signed(b"a key", "1770920772", TOKEN, right)
    for wrong in (right[:-1], right.upper(), right[::-1], "", "0" * 64):
        assert not is_signed(b"a key", "1770920772", TOKEN, wrong)
    assert not is_signed(b"another", "1770920772", TOKEN, right)
    assert not is_signed(b"a key", "1770920773", TOKEN, right)
    assert not is_signed(b"a key", "1770920772", TOKEN[1:], right)


@pytest.mark.parametrize(
    ("kind", "members", "state"),
    [
        ("delivered", {}, "delivered"),
        ("failed", {"severity": "temporary", "reason": "greylisted"}, "delayed"),
        ("failed", {"severity": "permanent", "reason": "bounce"}, "bounced"),
        ("rejected", {"reject": {"reason": "Sandbox"}}, "bounced"),
    ],
)
async def test_an_event_refines_the_delivery(world, browser, report, kind, members, state):
    """What Mailgun says of a mail is told to the browser that asked for it, and to no other."""
    challenge, _ = await world.ask(browser)
    answer = await report(kind, challenge, **members)
    assert (answer.status_code, answer.content) == (200, b"")
    assert await told(browser, challenge) == (state, "2025-11-24T16:00:00Z" if state == "delivered" else None)
    assert (await (await world.browser()).get(f"/otp/{challenge}")).status_code == 404


async def test_late_news_changes_nothing(world, browser, report):
    """A delay that is told after the delivery is taken without effect."""
    challenge, _ = await world.ask(browser)
    await report("delivered", challenge)
    assert (await report("failed", challenge, severity="temporary")).status_code == 200
    assert (await told(browser, challenge))[0] == "delivered"


@pytest.mark.parametrize("kind", ["opened", "clicked", "complained", "accepted", "unsubscribed", "failed", "new-kind"])
async def test_other_events_change_nothing(world, browser, report, kind):
    """An event that tells nothing about the delivery, or is of no known kind, is taken without effect."""
    challenge, _ = await world.ask(browser)
    assert (await report(kind, challenge)).status_code == 200
    assert (await told(browser, challenge))[0] == "sent"


@pytest.mark.parametrize("about", ["0192f0c1-1111-7000-8000-000000000001", "20260203192638.000be97f", ""])
async def test_a_mail_that_is_not_ours_changes_nothing(world, browser, report, about):
    """An event about an unknown mail is taken without effect, so that Mailgun does not repeat it."""
    challenge, _ = await world.ask(browser)
    assert (await report("delivered", about)).status_code == 200
    assert (await told(browser, challenge))[0] == "sent"


@pytest.mark.parametrize("shape", [{}, {"event": 7}, {"event": "delivered", "message": {"headers": ["message-id"]}}])
async def test_an_event_of_another_shape_changes_nothing(world, mailgun, shape):
    """A signed event that says nothing we know is taken."""
    signed = signature(world.clock() // 1000)
    assert (await mailgun.post(PATH, json={"signature": signed, "event-data": shape})).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"signature": "0" * 64},
        {"signature": "no"},
        {"token": "another"},
        {"timestamp": "1764000001"},
        signature(1_764_000_000, key="another-key"),
        signature(1_764_000_000 - 9 * 3600 - 1),
        signature(1_764_000_000 + 301),
    ],
    ids=["wrong", "short", "token", "timestamp", "key", "old", "ahead"],
)
async def test_what_is_not_believed_is_not_repeated(world, browser, mailgun, changes):
    """A signature that is wrong or out of time is answered with the status that ends repetitions, without effect."""
    challenge, _ = await world.ask(browser)
    assert_not_accepted(await mailgun.post(PATH, json=body(world, challenge, **changes)))
    assert (await told(browser, challenge))[0] == "sent"


async def test_a_token_is_believed_once(world, browser, mailgun):
    """The same signature again is refused, also with another event, which it does not cover."""
    challenge, _ = await world.ask(browser)
    first = body(world, challenge) | {"event-data": event("delivered", challenge)}
    assert (await mailgun.post(PATH, json=first)).status_code == 200
    assert_not_accepted(await mailgun.post(PATH, json=first))
    assert_not_accepted(await mailgun.post(PATH, json=body(world, challenge)))
    assert (await told(browser, challenge))[0] == "delivered"


async def test_two_replicas_believe_a_token_once(world, browser, mailgun):
    """Of many calls with one token at the same time, over two replicas on one database, exactly one is believed."""
    challenge, _ = await world.ask(browser)
    other = open_database(str(world.database.engine.url), world.clock)
    routes = webhook_routes(SIGNING_KEY.encode(), SqlMailReports(other))
    app = build_application(
        "replica", [Component(name="replica", routers=[routes])], [], Readiness({}, asyncio.Event())
    )
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=ORIGIN) as replica:
        posts = [it.post(PATH, json=body(world, challenge)) for it in (mailgun, replica) * 8]
        statuses = sorted([answer.status_code for answer in await asyncio.gather(*posts)])
    await other.close()
    assert statuses == [200, *[406] * 15]
    assert (await told(browser, challenge))[0] == "bounced"


async def test_a_lost_database_asks_for_a_repetition(world, browser, mailgun):
    """While the database is away nothing is used up, and the same call is believed once it is back."""
    challenge, _ = await world.ask(browser)
    async with world.database.write() as connection:
        await connection.exec_driver_sql("ALTER TABLE otp_requests RENAME TO gone")
    assert (await mailgun.post(PATH, json=body(world, challenge))).status_code == 503
    async with world.database.write() as connection:
        await connection.exec_driver_sql("ALTER TABLE gone RENAME TO otp_requests")
    assert (await mailgun.post(PATH, json=body(world, challenge))).status_code == 200
    assert (await told(browser, challenge))[0] == "bounced"


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"{", 400), (b"[]", 422), (b"{}", 422), (b'{"signature": {}, "event-data": {}}', 422), (b" " * MAX_BODY, 400)],
)
async def test_what_cannot_be_read_may_come_again(mailgun, content, status):
    """A body of another form is answered with a status after which Mailgun repeats it, for a repair to meet it."""
    answer = await mailgun.post(PATH, content=content, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


async def test_a_long_body_is_refused(mailgun):
    """The limit of every body holds here, too."""
    answer = await mailgun.post(PATH, content=b" " * (MAX_BODY + 1), headers={"content-type": "application/json"})
    assert answer.status_code == 413


async def test_a_foreign_page_is_refused(world):
    """A browser that another page makes call is stopped by the rule that holds for all calls."""
    browser = await world.browser(origin="https://evil.example")
    assert (await browser.post(PATH, json=body(world))).status_code == 403


@pytest.mark.parametrize("key", [None, ""])
async def test_without_a_key_there_is_no_route(tmp_path, key):
    """Without a signing key the path is answered as one that does not exist, byte for byte."""
    async with registration(tmp_path, mailgun_webhook_signing_key=key) as world:
        client = await world.browser(origin="")
        answer, unknown = [await client.post(it, json=body(world)) for it in (PATH, "/webhooks/unknown")]
    assert (answer.status_code, answer.content) == (404, unknown.content)


async def test_asking_again_looks_as_if_nothing_was_reported(world, report):
    """After a bounce and after a delivery the same address is answered alike: the report is the asking browser's."""
    seen = []
    for kind in ("failed", "delivered"):
        address = f"{kind}@example.org"
        challenge, _ = await world.ask(await world.browser(), address)
        await report(kind, challenge, **PERMANENT)
        world.clock.advance(s=31)
        answer = await (await world.browser()).post("/otp", json={"email": address})
        hidden = ("x-request-id", "set-cookie")
        headers = {name: value for name, value in answer.headers.items() if name not in hidden}
        seen.append((answer.status_code, headers, answer.json() | {"challenge": ""}))
    assert seen[0] == seen[1]


async def test_the_page_tells_it_without_javascript(world, browser, report):
    """Loaded again, the page says when the mail was delivered, or that it came back, and then names no validity."""
    challenge, _ = await world.ask(browser)
    assert "Sent to the mail server · valid for 3:00" in (await browser.get(f"/verify/{challenge}")).text
    await report("failed", challenge, severity="temporary")
    assert "we keep trying · valid for 3:00" in (await browser.get(f"/verify/{challenge}")).text
    await report("delivered", challenge)
    assert "The mail was delivered at 16:00 UTC · valid for 3:00" in (await browser.get(f"/verify/{challenge}")).text
    await report("failed", challenge, **PERMANENT)
    page = (await browser.get(f"/verify/{challenge}")).text
    assert "Your mail provider refused the mail. Check the address.</span>" in page


async def test_refusals_are_logged_when_they_begin(world, mailgun, caplog):
    """A row of refusals is one line, which names neither address nor code nor key, and the next row is another."""
    caplog.set_level(logging.DEBUG, logger="parley")
    for number in range(2):
        for _ in range(3):
            await mailgun.post(PATH, json=body(world, signature="0" * 64))
        signed = signature(world.clock() // 1000, f"token{number}")
        await mailgun.post(PATH, json={"signature": signed, "event-data": {}})
    assert [it.levelname for it in caplog.records if it.name == "parley.registration_api.webhooks"] == ["WARNING"] * 2
    for secret in ("example.org", "012345", SIGNING_KEY, TOKEN):
        assert secret not in caplog.text
