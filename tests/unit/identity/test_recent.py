"""Callers of a moment ago: how long they are remembered, and what makes them forgotten sooner."""

import asyncio

import pytest

from parley.fanout.channels import REVOKED
from parley.fanout.inprocess import InProcessFanout
from parley.identity import recent
from parley.identity.model import Account, Caller
from parley.identity.recent import LOOKED_UP_EVERY_S, RecentSessions


class Rows:
    """Sessions by token, and how often one was looked up. `held`, if it is set, holds up every answer."""

    def __init__(self):
        self.callers = {name: Caller(Account(name, f"{name}@example.org", name), f"{name}-device") for name in "ab"}
        self.asked, self.held = 0, None

    async def resolve(self, token):
        self.asked += 1
        found = self.callers.get(token)
        if self.held is not None:
            await self.held.wait()
        return found

    async def revoke(self, account, device):
        return self.callers.pop(account, None) is not None


class Clock:
    def __init__(self):
        self.now = 10.0

    def __call__(self):
        return self.now


@pytest.fixture
def rows():
    return Rows()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def fanout():
    return InProcessFanout()


@pytest.fixture
async def sessions(rows, clock, fanout):
    """Opened, and hearing of revocations."""
    made = RecentSessions(rows, fanout, clock)
    hearing = asyncio.create_task(made.hear_revocations())
    await asyncio.sleep(0)
    yield made
    hearing.cancel()


async def test_who_asks_again_is_not_looked_up(sessions, rows, clock):
    """Within the time one look is enough for a token, and after it there is another."""
    for passed in (0, LOOKED_UP_EVERY_S - 0.01, 0.01):
        clock.now += passed
        assert await sessions.resolve("a") == rows.callers["a"]
    assert rows.asked == 2


async def test_a_revocation_holds_in_time(sessions, rows, clock):
    """A session that ended elsewhere without a notice is over when the time is up, however often it was used."""
    await sessions.resolve("a")
    del rows.callers["a"]
    clock.now += LOOKED_UP_EVERY_S / 2
    assert await sessions.resolve("a")
    clock.now += LOOKED_UP_EVERY_S / 2 + 0.01
    assert await sessions.resolve("a") is None
    assert LOOKED_UP_EVERY_S < 1


@pytest.mark.parametrize("how", ["notice", "loss", "here"])
async def test_a_revocation_that_is_heard_holds_at_once(sessions, rows, fanout, how):
    """A notice, a gap in the notices and a revocation of our own make everybody be looked up again."""
    await sessions.resolve("a")
    if how == "here":
        await sessions.revoke("a", "a-device")
    else:
        del rows.callers["a"]
    if how == "notice":
        await fanout.publish(REVOKED, b"a-device")
        await asyncio.sleep(0)
    if how == "loss":
        sessions.on_lost()
    assert await sessions.resolve("a") is None


async def test_what_was_read_before_a_revocation_is_not_kept(sessions, rows, fanout):
    """A look that a revocation overtakes is not remembered, because it may have read the session as it was before."""
    rows.held = asyncio.Event()
    looking = asyncio.create_task(sessions.resolve("a"))
    await asyncio.sleep(0)
    del rows.callers["a"]
    await fanout.publish(REVOKED, b"a-device")
    await asyncio.sleep(0)
    rows.held.set()
    assert await looking
    assert await sessions.resolve("a") is None


async def test_a_stranger_is_looked_up_each_time(sessions, rows):
    """That a token is unknown is not remembered, so whoever signs in is known at once."""
    assert await sessions.resolve("c") is None
    rows.callers["c"] = rows.callers["a"]
    assert await sessions.resolve("c") == rows.callers["a"]


async def test_so_many_are_remembered(sessions, rows, clock, monkeypatch):
    """At the limit the one that was looked up first is forgotten."""
    monkeypatch.setattr(recent, "REMEMBERED", 2)
    rows.callers["c"] = rows.callers["a"]
    for token in "abc":
        await sessions.resolve(token)
        clock.now += 0.1
    await sessions.resolve("b")
    await sessions.resolve("c")
    assert rows.asked == 3
    await sessions.resolve("a")
    assert rows.asked == 4
