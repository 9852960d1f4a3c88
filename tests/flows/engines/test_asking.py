"""Bar 5: however an address and a network are dressed up, so many mails go out, and others are served meanwhile."""

import asyncio
import random

import pytest
from support.asking import change, new_address
from support.fleet import REGISTRATION, WORKER, Fleet

from parley.registration_api.model import parse_address

pytestmark = pytest.mark.engine

REQUESTS = 300
BREAKER = 150
AT_A_TIME = 16
HOUR_MS, SPACING_MS = 3_600_000, 30_000


@pytest.fixture(scope="module")
def sign_in_fleet(stores, sink):
    """Two replicas of each service, and a breaker that a test can reach."""
    environment = {"TRUSTED_PROXIES": "127.0.0.1/32", "OTP_EVERYONE_PER_MINUTE": str(BREAKER)}
    fleet = Fleet(stores.folder, stores.environment | environment)
    fleet.add(REGISTRATION, 2)
    fleet.add(WORKER, 2, **sink.environment)
    yield fleet
    fleet.end()


async def asking(browsers, spellings):
    """How many requests were accepted, one of each browser; all others are told to wait or to correct the address."""
    some = asyncio.Semaphore(AT_A_TIME)

    async def one(browser, spelling):
        async with some:
            return (await browser.ask(spelling)).status_code

    found = await asyncio.gather(*(one(*it) for it in zip(browsers, spellings, strict=True)))
    assert set(found) <= {202, 422, 429}
    return found.count(202)


def dressed_up(address, rng):
    """The same mailbox in another spelling: case, a tag, blanks around it, full-width letters, header tricks."""
    local, domain = address.split("@")
    match rng.randrange(6):
        case 0:
            return f"{local.upper()}@{domain.upper()}"
        case 1:
            return f"{local}+{rng.random()}@{domain}"
        case 2:
            return f"  {address}\t"
        case 3:
            return f"{local}@{''.join(chr(ord(it) + 0xFEE0) if it.isalpha() else it for it in domain)}"
        case 4:
            return f"{address}\r\nBcc: {address}"
    return f"{local.title()}+{rng.randrange(9)}@{domain}"


async def pass_time(address, ms):
    """As if so much time had passed since the requests for an address."""
    key = address.casefold()
    await change("UPDATE otp_requests SET created_at = created_at - :ms WHERE limit_key = :key", ms=ms, key=key)


async def ask_in_all_ways(browser, address, count):
    """How many of so many requests for one mailbox, each from a browser and a network of its own, were accepted."""
    rng = random.Random(count)
    return await asking([browser() for _ in range(count)], [dressed_up(address, rng) for _ in range(count)])


async def test_one_mailbox(browser, sink, figures):
    """One mail in 30 s, five in an hour and ten in a day, over all spellings, networks and browsers."""
    address = new_address("Ann").lower()
    accepted = await ask_in_all_ways(browser, address, REQUESTS)
    assert accepted == 1
    for hour in range(3):
        for _ in range(6):
            await pass_time(address, SPACING_MS)
            accepted += await ask_in_all_ways(browser, address, 3)
        assert accepted == min(5 * (hour + 1), 10)
        await pass_time(address, HOUR_MS)
    async with asyncio.timeout(60):
        while len(mailed := [it for it in sink.mails if parse_address(it.to).limit_key == address]) < accepted:
            await asyncio.sleep(0.1)
    assert len(mailed) == accepted
    figures(f"{REQUESTS + 54} requests, {accepted} accepted")


async def test_one_network(browser, sign_in, rng, sink):
    """A network gets twenty an hour, whatever it writes into its headers; its neighbour is served all the same."""
    network = "203.0.113.7"
    browsers = [browser(network=f"198.51.100.{number}, {network}") for number in range(40)]
    addresses = [new_address(f"n{number}") for number in range(40)]
    assert await asking(browsers, addresses) == 20
    neighbour = new_address("neighbour")
    await browser(network="203.0.113.8").asked(neighbour)
    await sink.code_for(neighbour)


async def test_everyone(browser, sink):
    """Many addresses from many networks end at the breaker, and those before it get their mails."""
    count = 2 * BREAKER
    before = len(sink.mails)
    accepted = await asking([browser() for _ in range(count)], [new_address() for _ in range(count)])
    assert 0 < accepted <= BREAKER
    async with asyncio.timeout(60):
        while len(sink.mails) < before + accepted:
            await asyncio.sleep(0.1)
