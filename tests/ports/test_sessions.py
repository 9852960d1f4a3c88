"""The port Sessions: who is behind a token, for how long, and who may end it."""

import asyncio

import pytest
from support.signing_in import SignInSteps

from parley.fanout.inprocess import InProcessFanout
from parley.identity.model import ABSOLUTE_MS, IDLE_MS
from parley.identity.recent import RecentSessions
from parley.identity.sql import SqlSessions


def _recent(database, clock):
    return RecentSessions(SqlSessions(database), InProcessFanout(), lambda: clock.now_ms / 1000)


ADAPTERS = {"sql": lambda database, _: SqlSessions(database), "recent": _recent}
MINUTE_MS = 60_000


@pytest.fixture(params=ADAPTERS.values(), ids=ADAPTERS)
def sessions(request, database, clock):
    return request.param(database, clock)


@pytest.fixture
def steps(database):
    return SignInSteps.on(database)


async def test_a_token_leads_to_its_account_and_device(sessions, steps):
    """A caller is the account that signed in, on the device that it signed in with."""
    token, device, account = await steps.sign_in("ann@example.org")
    caller = await sessions.resolve(token)
    assert (caller.account.id, caller.account.email, caller.device) == (account, "ann@example.org", device)


async def test_an_unknown_token_leads_to_nobody(sessions, steps):
    """A token that was never given out, the empty one included, has no caller."""
    await steps.sign_in()
    assert await sessions.resolve("x" * 43) is None
    assert await sessions.resolve("") is None


async def test_the_database_holds_no_token(database, sessions, steps):
    """What is stored of a token is its digest, so a copy of the database opens nothing."""
    token, _, _ = await steps.sign_in()
    async with database.read() as connection:
        row = (await connection.exec_driver_sql("SELECT * FROM sessions")).one()
    assert token not in str(row)
    assert await sessions.resolve(row.token_sha256) is None


async def test_a_session_ends_after_idling(sessions, steps, clock):
    """A session is over once it was not used for IDLE_MS, and not a millisecond earlier."""
    token, device, _ = await steps.sign_in()
    clock.advance(ms=IDLE_MS - 1)
    assert await sessions.alive([device]) == {device}
    clock.advance(ms=IDLE_MS)
    assert await sessions.resolve(token) is None
    assert await sessions.alive([device]) == set()


@pytest.mark.parametrize("use", ["resolve", "alive"])
async def test_use_keeps_a_session_until_its_absolute_end(sessions, steps, clock, use):
    """Every use starts the idle time anew, but nothing moves the absolute end."""
    token, device, _ = await steps.sign_in()
    used_ms = 0
    while used_ms + IDLE_MS // 2 < ABSOLUTE_MS:
        clock.advance(ms=IDLE_MS // 2)
        used_ms += IDLE_MS // 2
        assert await (sessions.resolve(token) if use == "resolve" else sessions.alive([device]))
    clock.advance(ms=ABSOLUTE_MS - used_ms)
    assert await sessions.resolve(token) is None


async def test_a_revoked_session_is_over_at_once(sessions, steps):
    """The request after a revocation is refused, other sessions of the account stay."""
    token, device, account = await steps.sign_in()
    other, other_device, _ = await steps.sign_in(browser="browser-2")
    assert await sessions.revoke(account, device)
    assert await sessions.resolve(token) is None
    assert await sessions.alive([device, other_device]) == {other_device}
    assert (await sessions.resolve(other)).device == other_device


async def test_one_caller_revokes(sessions, steps):
    """Of many parallel revocations of one session exactly one is told that it did it."""
    _, device, account = await steps.sign_in()
    assert sum(await asyncio.gather(*(sessions.revoke(account, device) for _ in range(16)))) == 1


async def test_nobody_revokes_another_accounts_session(sessions, steps):
    """A device id alone is no right: the session must belong to the account that ends it."""
    token, device, _ = await steps.sign_in("ann@example.org")
    _, _, bob = await steps.sign_in("bob@example.org")
    assert not await sessions.revoke(bob, device)
    assert await sessions.resolve(token)


async def test_devices_are_listed_by_use(sessions, steps, clock):
    """An account sees its own live sessions, the one used last first."""
    first, first_device, account = await steps.sign_in()
    clock.advance(ms=MINUTE_MS)
    _, second_device, _ = await steps.sign_in(browser="browser-2")
    await steps.sign_in("bob@example.org")
    _, ended, _ = await steps.sign_in(browser="browser-3")
    await sessions.revoke(account, ended)
    assert [device.id for device in await sessions.devices(account)] == [second_device, first_device]
    clock.advance(ms=MINUTE_MS)
    await sessions.resolve(first)
    assert [device.id for device in await sessions.devices(account)] == [first_device, second_device]


async def test_a_disabled_account_has_no_sessions(database, sessions, steps):
    """Disabling an account ends what its tokens can do."""
    token, device, account = await steps.sign_in()
    async with database.write() as connection:
        await connection.exec_driver_sql("UPDATE accounts SET disabled_at = 1")
    assert await sessions.resolve(token) is None
    assert await sessions.alive([device]) == set()
    assert await sessions.devices(account) == []
