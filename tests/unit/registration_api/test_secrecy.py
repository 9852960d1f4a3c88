"""What nobody may learn: who has an account, why a code failed, or any code or token from what is stored or logged."""

import logging
import sqlite3

import pytest
from sqlalchemy import event

VARYING = ("x-request-id", "set-cookie", "location")


def visible(answer, *secrets):
    """Status, headers and body as bytes, with what is random by design left out."""
    body = answer.content
    for secret in secrets:
        body = body.replace(secret.encode(), b"*")
    headers = sorted((name, value) for name, value in answer.headers.items() if name not in VARYING)
    return answer.status_code, headers, body


@pytest.fixture
async def known(world):
    """An address that has an account."""
    await world.sign_in(await world.browser(peer="203.0.113.99"), "known@example.org")
    world.clock.advance(hours=2)
    return "known@example.org"


@pytest.mark.parametrize("form", [False, True], ids=["json", "form"])
async def test_known_and_unknown_addresses_look_the_same(world, known, form):
    """Asking, polling, the code's page and a wrong code answer byte for byte the same with and without an account."""
    seen = []
    for address in (known, "other@example.org"):
        browser = await world.browser()
        await browser.get("/")
        body = {"data": {"email": address}} if form else {"json": {"email": address}}
        asked = await browser.post("/otp", **body)
        challenge = asked.headers["location"].rpartition("/")[2] if form else asked.json()["challenge"]
        await world.deliver()
        answers = [asked, await browser.get(f"/otp/{challenge}"), await browser.get(f"/verify/{challenge}")]
        answers.append(await browser.post(f"/otp/{challenge}/verify", json={"code": "000000"}))
        answers.append(await browser.post("/otp", **body))
        seen.append([visible(answer, challenge, address) for answer in answers])
    assert seen[0] == seen[1]


async def test_asking_reads_nothing_about_accounts(world, known):
    """The statements of a request are the same for known and unknown addresses and never touch the accounts."""
    traces = []
    for address in (known, "other@example.org"):
        browser = await world.browser()
        await browser.get("/")
        statements = []

        def note(connection, cursor, statement, *_, into=statements):
            into.append(statement)

        event.listen(world.database.engine.sync_engine, "before_cursor_execute", note)
        assert (await browser.post("/otp", json={"email": address})).status_code == 202
        event.remove(world.database.engine.sync_engine, "before_cursor_execute", note)
        traces.append(statements)
    assert traces[0] == traces[1]
    assert len(traces[0]) > 2
    assert not any("accounts" in statement for statement in traces[0])


@pytest.mark.parametrize("form", [False, True], ids=["json", "form"])
async def test_every_failed_code_gets_one_answer(world, form):
    """Wrong, sixth, used and foreign codes answer byte for byte the same, and no number of tries is told."""

    async def enter(browser, challenge, code):
        body = {"data": {"code": code}} if form else {"json": {"code": code}}
        return visible(await browser.post(f"/otp/{challenge}/verify", **body), challenge)

    async def asked():
        world.clock.advance(hours=1)
        browser = await world.browser()
        return browser, *await world.ask(browser)

    browser, challenge, code = await asked()
    other = f"{(int(code) + 1) % 1_000_000:06d}"
    first = await enter(browser, challenge, other)
    again = [await enter(browser, challenge, other) for _ in range(4)]
    sixth = await enter(browser, challenge, code)
    browser, challenge, code = await asked()
    assert (await enter(browser, challenge, code))[0] in (200, 303)
    # What signing in leaves in the browser gives it a waiting time of its own, which the form shows.
    browser.cookies.delete("sid")
    browser.cookies.delete("device")
    used = await enter(browser, challenge, code)
    assert [*again, sixth, used] == [first] * 6


async def test_an_expired_code_gets_the_same_answer(world):
    """A code that is over is refused in the very words of a wrong one."""
    browser = await world.browser()
    challenge, code = await world.ask(browser)
    wrong = await browser.post(f"/otp/{challenge}/verify", json={"code": f"{(int(code) + 1) % 1_000_000:06d}"})
    world.clock.advance(s=181)
    over = await browser.post(f"/otp/{challenge}/verify", json={"code": code})
    unknown = await browser.post("/otp/nothing/verify", json={"code": code})
    assert visible(wrong) == visible(over) == visible(unknown)


async def test_nothing_secret_is_stored(world, tmp_path):
    """Not one table holds a code, a token or a cookie, in whatever column."""
    browser = await world.browser()
    await browser.get("/")
    challenge, used = await world.ask(browser)
    await browser.post(f"/otp/{challenge}/verify", json={"code": used})
    world.clock.advance(s=31)
    other = await world.browser()
    _, live = await world.ask(other, "bob@example.org")
    secrets = [used, live, *browser.cookies.values(), *other.cookies.values()]
    copy = sqlite3.connect(tmp_path / "parley.db")
    dump = "\n".join(copy.iterdump())
    copy.close()
    assert "bob@example.org" in dump
    assert len(secrets) == 6
    words = set(dump.replace("'", " ").replace(",", " ").split())
    assert [secret for secret in secrets if secret in words or (len(secret) > 6 and secret in dump)] == []


async def test_nothing_secret_is_logged(world, caplog):
    """The log of a sign-in, failures included, names no address, code, token or cookie."""
    caplog.set_level(logging.DEBUG, logger="parley")
    browser = await world.browser()
    challenge, code = await world.ask(browser)
    for guess in ("000000", "x", code):
        await browser.post(f"/otp/{challenge}/verify", json={"code": guess})
    await browser.post("/otp", json={"email": "not an address"})
    for secret in (code, "example.org", "not an address", *browser.cookies.values()):
        assert secret not in caplog.text
