"""Who was behind a token a moment ago, so that a client which asks again and again is not looked up each time.

What is remembered was looked up less than the promised second ago, so a revocation holds in time even if nobody hears
of it; where the notice arrives (`auth.revoked`), it holds at once. Who is unknown is looked up every time.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from parley.fanout.channels import REVOKED
from parley.fanout.port import Fanout
from parley.fanout.subscriptions import Subscriptions
from parley.identity.model import Caller, Device, digest
from parley.identity.port import Sessions

LOOKED_UP_EVERY_S = 0.9
"""Somewhat less than the second within which a revocation has to be seen, for the time that a request takes after."""

REMEMBERED = 10_000
"""So many callers at most."""


class _Found(NamedTuple):
    caller: Caller
    asked: float


class RecentSessions:
    """The port `Sessions` over another; a listener of the fan-out. `clock` gives seconds and never goes back."""

    def __init__(self, sessions: Sessions, fanout: Fanout, clock: Callable[[], float] = time.monotonic) -> None:
        self._sessions, self._clock = sessions, clock
        self._subscriptions = Subscriptions(fanout.listen(self))
        self._found: dict[bytes, _Found] = {}
        self._forgotten = 0

    async def resolve(self, token: str) -> Caller | None:
        """See the port."""
        # As in the database, the token itself is kept nowhere.
        name, asked = digest(token), self._clock()
        known = self._found.get(name)
        if known is not None and asked - known.asked < LOOKED_UP_EVERY_S:
            return known.caller
        forgotten = self._forgotten
        caller = await self._sessions.resolve(token)
        if caller is not None and forgotten == self._forgotten:
            self._remember(name, _Found(caller, asked))
        return caller

    async def alive(self, devices: Collection[str]) -> set[str]:
        """See the port."""
        return await self._sessions.alive(devices)

    async def devices(self, account: str) -> Sequence[Device]:
        """See the port."""
        return await self._sessions.devices(account)

    async def revoke(self, account: str, device: str) -> bool:
        """See the port."""
        done = await self._sessions.revoke(account, device)
        self._forget()
        return done

    async def hear_revocations(self) -> None:
        """Hear of sessions that end anywhere, until cancelled."""
        await self._subscriptions.acquire(REVOKED)
        await asyncio.Event().wait()

    def on_message(self, channel: str, payload: bytes) -> None:
        """See Listener."""
        self._forget()

    def on_lost(self) -> None:
        """See Listener."""
        self._forget()

    def _forget(self) -> None:
        # All of them, which costs a look each: sessions end rarely. What is being looked up may be old already.
        self._forgotten += 1
        self._found.clear()

    def _remember(self, name: bytes, found: _Found) -> None:
        # Put last again: dictionaries keep the order of insertion, so the first is the one that was looked up first.
        self._found.pop(name, None)
        self._found[name] = found
        while found.asked - self._found[first := next(iter(self._found))].asked >= LOOKED_UP_EVERY_S:
            del self._found[first]
        if len(self._found) > REMEMBERED:
            del self._found[next(iter(self._found))]
