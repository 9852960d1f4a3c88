"""From an address to a session over MySQL, Kafka and a real mail server, with two replicas of each service."""

import asyncio
import random
import re

import pytest
from support import engines
from support.asking import Browser, new_address
from support.fleet import REGISTRATION, WORKER, Fleet

from parley.onetimecodes.model import VALID_MS

pytestmark = pytest.mark.engine

PEOPLE = 10
_CODE = re.compile(r"\b\d{6}\b")


@pytest.fixture
def fleet(stores):
    """Two replicas of registration-api and of email-worker, which mails over SMTP."""
    made = Fleet(stores.folder, stores.environment)
    made.add(REGISTRATION, 2)
    mailbox = engines.mailbox()
    url = f"smtp://{mailbox.host}:{mailbox.port}?starttls=never"
    made.add(WORKER, 2, MAIL_URL=url, MAIL_FROM="Parley <parley@example.org>")
    made.start()
    yield made
    assert made.mishaps() == []
    made.end()


async def code_for(address):
    """The code that has been mailed to an address, once it is there; none comes later than it is valid for."""
    async with asyncio.timeout(VALID_MS / 1000):
        while True:
            for mail in await asyncio.to_thread(engines.mailbox().mails):
                if mail["headers"]["To"] == [address]:
                    return _CODE.search(mail["Subject"])[0]
            await asyncio.sleep(0.1)


async def test_sign_in_by_mail(fleet, figures):
    """People who ask at one replica get their codes by mail, enter them at another, and are known at both."""
    first, second = fleet.urls(REGISTRATION)

    async def sign_in(number):
        address, rng = new_address(), random.Random(number)
        browser = Browser([first], rng)
        try:
            challenge = await browser.asked(address)
            browser.urls = [second]
            answer = await browser.enter(challenge, await code_for(address))
            assert answer.status_code == 200, answer.text
            for url in (first, second):
                me = await browser.http.get(f"{url}/me")
                assert me.json()["email"] == address
        finally:
            await browser.close()

    await asyncio.gather(*(sign_in(number) for number in range(PEOPLE)))
    figures(f"{PEOPLE} people")
