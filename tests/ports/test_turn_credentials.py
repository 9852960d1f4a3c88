"""Who may use the relay: whoever shows what our code has signed with a secret that the relay knows, for a while.

`parley.turn.credentials` mints, the real coturn checks, so both do the same arithmetic.
"""

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest
from support import coturn
from support.turn_client import OK, credential, turn_client

from parley.turn.coturn import USER_QUOTA
from parley.turn.credentials import mint, sign

pytestmark = pytest.mark.engine

SECRET, NEXT = "the-first", "the-next"


@pytest.fixture
def container():
    return coturn.server()


@pytest.fixture
async def relay(container):
    async with container.running(container.hardened(SECRET)) as at:
        yield at


async def answer(relay, shown) -> int:
    async with turn_client(relay, shown) as client:
        return await client.allocate()


def expiring(seconds: int):
    return credential(SECRET, ttl_s=seconds)


def foreign():
    return credential("another")


def tampered_word():
    given = credential(SECRET)
    return replace(given, credential=given.credential[:-2] + ("A=" if given.credential[-2] != "A" else "Q="))


def tampered_time():
    given = credential(SECRET, ttl_s=-60)
    return replace(given, username=f"{given.expires_s + 3600}:{given.username.partition(':')[2]}")


def tampered_user():
    given = credential(SECRET)
    return replace(given, username=f"{given.username}0")


def without_time():
    return replace(credential(SECRET), username="ann", credential=sign(SECRET, "ann"))


REFUSED = {
    "expired a second ago": lambda: expiring(-1),
    "expired long ago": lambda: expiring(-86_400),
    "from 1970": lambda: mint([SECRET], "ann", 0, 600),
    "signed by somebody else": foreign,
    "another word": tampered_word,
    "a later end": tampered_time,
    "another user": tampered_user,
    "no end": without_time,
    "none at all": lambda: None,
}


async def test_a_credential_is_accepted(relay):
    """What is minted with the relay's secret gets a relay address."""
    assert await answer(relay, credential(SECRET)) == OK


@pytest.mark.parametrize("shown", REFUSED.values(), ids=REFUSED)
async def test_everything_else_is_refused(relay, shown):
    """Expired, tampered and foreign credentials, and none, get 401."""
    assert await answer(relay, shown()) == 401


async def test_a_relay_in_use_outlives_its_credential(relay):
    """The end of a credential ends only the right to begin: an allocation that is there is prolonged."""
    shown = credential(SECRET, ttl_s=2)
    async with turn_client(relay, shown) as client:
        assert await client.allocate() == OK
        while await answer(relay, shown) == OK:
            assert time.time() < shown.expires_s + 10
        assert await client.refresh(600) == OK


async def test_a_person_has_so_many_relays_at_a_time(relay):
    """One more than a user's quota gets 486 whatever the end of the credential; another user is not concerned."""
    async with AsyncExitStack() as stack:

        async def one(**who) -> int:
            client = await stack.enter_async_context(turn_client(relay, credential(SECRET, **who)))
            return await client.allocate()

        assert [await one(ttl_s=600 + number) for number in range(USER_QUOTA + 1)] == [OK] * USER_QUOTA + [486]
        assert await one(user="bob") == OK
    async with asyncio.timeout(20):
        # coturn counts an allocation until its next look at its timers.
        while await answer(relay, credential(SECRET)) != OK:
            pass


async def test_every_secret_of_the_ring_is_accepted(container):
    """While secrets are exchanged, credentials of both are good."""
    async with container.running(container.hardened(SECRET, NEXT)) as relay:
        assert await answer(relay, credential(SECRET, NEXT)) == OK
        assert await answer(relay, credential(NEXT, SECRET)) == OK


async def test_a_secret_that_is_gone_is_refused(container):
    """A configuration without the secret, with which coturn has to be started, refuses what was signed with it."""
    given = credential(SECRET)
    async with container.running(container.hardened(SECRET)) as relay:
        assert await answer(relay, given) == OK
    async with container.running(container.hardened(NEXT)) as relay:
        assert await answer(relay, given) == 401
        assert await answer(relay, credential(NEXT)) == OK


@pytest.mark.parametrize("secret", ["#comment", "a=b", "a==", "a#b;c\\d%s$HOME`", "[x]", "z" * 127])
async def test_a_secret_means_itself(container, secret):
    """Every secret that our settings take is read by coturn as it was written."""
    async with container.running(container.hardened(secret)) as relay:
        assert await answer(relay, credential(secret)) == OK
