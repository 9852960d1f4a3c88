"""The limits of signing in as a visitor meets them: guesses, days, mails, networks, and the devices they spare."""

import asyncio

import pytest
from support.registration import registration

TRICKS = [
    "ann@example.org",
    "ANN@EXAMPLE.ORG",
    "  ann@example.org  ",
    "ann+{n}@example.org",
    "Ann+Tag{n}@Example.org",
    "ａｎｎ@example.org",
    "ann@ｅｘａｍｐｌｅ.org",
    "ann@example.org\r\nBcc: x{n}@example.org",
    "ann@example.org,x{n}@example.org",
    "ann@example.org\x00",
]


async def wrong(browser, challenge, code):
    """A guess that is not the code, whichever that is."""
    guess = "000000" if code != "000000" else "000001"
    return await browser.post(f"/otp/{challenge}/verify", json={"code": guess})


async def right(browser, challenge, code):
    return await browser.post(f"/otp/{challenge}/verify", json={"code": code})


async def test_five_guesses(world, browser):
    """After five wrong guesses the right code is refused; after four it signs in."""
    challenge, code = await world.ask(browser)
    for _ in range(5):
        assert (await wrong(browser, challenge, code)).status_code == 422
    assert (await right(browser, challenge, code)).status_code == 422
    world.clock.advance(s=31)
    challenge, code = await world.ask(browser)
    for _ in range(4):
        assert (await wrong(browser, challenge, code)).status_code == 422
    assert (await right(browser, challenge, code)).status_code == 200


async def test_badly_written_codes_spend_no_guess(world, browser):
    """What is no six digits is not compared, so a slip of the finger costs nothing."""
    challenge, code = await world.ask(browser)
    for _ in range(10):
        assert (await right(browser, challenge, code[:5])).status_code == 422
    assert (await right(browser, challenge, f" {code[:3]} {code[3:]} ")).status_code == 200


@pytest.mark.parametrize("parallel", [64])
async def test_parallel_right_codes_sign_in_once(world, browser, parallel):
    """Of 64 requests with the right code at the same time one gets a session."""
    challenge, code = await world.ask(browser)
    answers = await asyncio.gather(*(right(browser, challenge, code) for _ in range(parallel)))
    assert sorted(answer.status_code for answer in answers) == [200] + [422] * (parallel - 1)


@pytest.mark.parametrize(("age_s", "status"), [(179, 200), (181, 422)])
async def test_a_code_works_for_three_minutes_after_its_storing(world, browser, age_s, status):
    """The queue's delay eats no validity: three minutes count from when the code was stored."""
    asked = await browser.post("/otp", json={"email": "ann@example.org"})
    world.clock.advance(s=600)
    await world.deliver()
    world.clock.advance(s=age_s)
    code = world.mailbox.code_for("ann@example.org")
    assert (await right(browser, asked.json()["challenge"], code)).status_code == status


async def test_an_older_code_of_the_same_browser_works(world, browser):
    """A second request leaves the first code usable, on either page."""
    _, first = await world.ask(browser)
    world.clock.advance(s=31)
    second_challenge, _ = await world.ask(browser)
    assert (await right(browser, second_challenge, first)).status_code == 200


async def test_a_code_typed_elsewhere_fails(world, browser):
    """A code that was phished is worth nothing without the browser that asked, and costs its owner no guess."""
    challenge, code = await world.ask(browser)
    thief = await world.browser()
    for _ in range(6):
        assert (await right(thief, challenge, code)).status_code == 422
    assert (await right(browser, challenge, code)).status_code == 200


async def test_strangers_cannot_lock_the_owner_out(world, browser):
    """After strangers have spent every mail and guess of the day, a browser that signed in before still gets in."""
    await world.sign_in(browser)
    await browser.delete("/session")
    mailed = 0
    for number in range(12):
        world.clock.advance(hours=1.01)
        stranger = await world.browser(peer=f"198.51.100.{number}", x_forwarded_for=f"192.0.2.{number}")
        asked = await stranger.post("/otp", json={"email": "ann@example.org"})
        if asked.status_code == 202:
            await world.deliver()
            code = world.mailbox.code_for("ann@example.org")
            answers = [await wrong(stranger, asked.json()["challenge"], code) for _ in range(6)]
            assert {answer.status_code for answer in answers} == {422}
            mailed += 1
    fresh = await world.browser(peer="198.51.100.99")
    assert (await fresh.post("/otp", json={"email": "ann@example.org"})).status_code == 429
    challenge, code = await world.ask(browser)
    assert (await right(browser, challenge, code)).status_code == 200
    assert mailed == 9


async def test_a_known_device_is_known_for_its_own_address(world, browser):
    """Having signed in with one address gives no budget of its own for another."""
    await world.sign_in(browser, "mallory@example.org")
    for number in range(5):
        world.clock.advance(s=31)
        await world.ask(await world.browser(peer=f"198.51.100.{number}"), "ann@example.org")
    world.clock.advance(s=31)
    assert (await browser.post("/otp", json={"email": "ann@example.org"})).status_code == 429


async def test_tricks_with_the_address_reach_one_mailbox_once(world):
    """Of a thousand spellings of one address in one moment one is mailed, and an unrelated address still is."""
    answers = []
    for number in range(1000):
        browser = await world.browser(peer=f"10.{number // 250}.{number % 250}.1")
        address = TRICKS[number % len(TRICKS)].format(n=number)
        answers.append((await browser.post("/otp", json={"email": address})).status_code)
    assert answers.count(202) == 1
    assert set(answers) == {202, 422, 429}
    await world.ask(await world.browser(peer="10.9.9.9"), "bob@example.org")
    assert len(world.mailbox.mails) == 2


@pytest.mark.parametrize(
    ("peers", "accepted"),
    [
        ([f"203.0.113.{n}" for n in range(25)], 25),
        (["203.0.113.7"] * 25, 20),
        ([f"2001:db8:1:2::{n:x}" for n in range(25)], 20),
        ([f"2001:db8:1:{n:x}::1" for n in range(25)], 25),
        (["127.0.0.1"] * 25, 25),
    ],
    ids=["addresses", "one address", "one /64", "many /64", "this machine"],
)
async def test_twenty_an_hour_per_client_address(world, peers, accepted):
    """One address or IPv6 /64 gets twenty codes an hour over all mail addresses; this machine itself gets more."""
    statuses = []
    for number, peer in enumerate(peers):
        browser = await world.browser(peer=peer)
        statuses.append((await browser.post("/otp", json={"email": f"ann{number}@example.org"})).status_code)
    assert statuses == [202] * accepted + [429] * (len(peers) - accepted)


@pytest.mark.parametrize(("trusted", "accepted"), [("", 20), ("203.0.113.0/24", 25)])
async def test_forwarded_for_counts_only_from_trusted_proxies(tmp_path, trusted, accepted):
    """Inventing X-Forwarded-For gives no further budget; a proxy that is configured tells clients apart."""
    async with registration(tmp_path, trusted_proxies=trusted) as world:
        statuses = []
        for number in range(25):
            browser = await world.browser(x_forwarded_for=f"198.51.100.{number}")
            statuses.append((await browser.post("/otp", json={"email": f"ann{number}@example.org"})).status_code)
        assert statuses.count(202) == accepted


async def test_this_machine_has_a_limit_too(tmp_path):
    """OTP_LOOPBACK_PER_HOUR bounds what all programs of this machine ask for together."""
    async with registration(tmp_path, otp_loopback_per_hour=3) as world:
        statuses = []
        for number in range(5):
            browser = await world.browser(peer=("127.0.0.1", "::1")[number % 2])
            statuses.append((await browser.post("/otp", json={"email": f"ann{number}@example.org"})).status_code)
        assert statuses == [202] * 3 + [429] * 2


async def test_the_limit_of_an_address_may_be_another(tmp_path):
    """OTP_NETWORK_PER_HOUR bounds what one address elsewhere asks for, and no more than that."""
    async with registration(tmp_path, otp_network_per_hour=2) as world:
        browser, other = await world.browser(peer="203.0.113.1"), await world.browser(peer="203.0.113.2")
        asked = [await browser.post("/otp", json={"email": f"ann{number}@example.org"}) for number in range(3)]
        assert [it.status_code for it in asked] == [202, 202, 429]
        await world.ask(other, "bob@example.org")


async def test_the_breaker_stops_everyone(tmp_path):
    """When the service as a whole is asked too often, nobody gets a code until the minute is over."""
    async with registration(tmp_path, otp_everyone_per_minute=2) as world:
        browsers = [await world.browser(peer=f"203.0.113.{number}") for number in range(3)]
        for number in range(2):
            await world.ask(browsers[number], f"ann{number}@example.org")
        refused = await browsers[2].post("/otp", json={"email": "bob@example.org"})
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
        world.clock.advance(s=60)
        await world.ask(browsers[2], "bob@example.org")


async def test_the_wait_is_told_twice(world, browser):
    """Too many is 429 with the wait in the body in milliseconds and in Retry-After in whole seconds."""
    await world.ask(browser)
    world.clock.advance(ms=10_500)
    refused = await browser.post("/otp", json={"email": "ann@example.org"})
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "20"
    assert refused.json() | {"detail": "", "title": ""} == {
        "type": "/problems/rate-limited",
        "title": "",
        "status": 429,
        "detail": "",
        "retry_after_ms": 19_500,
    }
