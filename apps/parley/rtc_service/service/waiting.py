"""Requests that wait for a session to change; a wait ends with a change, in time, or when its sender has left.

A place is taken before the session is read for the last time, so that no change falls between reading and waiting.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from parley.fanout.channels import rtc_session
from parley.fanout.port import Fanout
from parley.fanout.subscriptions import Subscriptions
from parley.rtc_service.errors import TooManyWaits

AT_ONCE = 5_000
"""Waits that one process holds."""

A_PERSON = 2
"""Waits of one person for one session. A third ends the oldest, whose sender may have left without a word."""

BATCH_S = 0.05
"""What follows a change within this time is told with it: a trickle of candidates would else cost an answer each."""


class Place:
    """One request that waits."""

    def __init__(self) -> None:
        self._ended = asyncio.Event()
        self.is_news = False

    def change(self) -> None:
        """The session may have changed."""
        self.is_news = True
        self._ended.set()

    def leave(self) -> None:
        """Whoever waits need not wait any longer."""
        self._ended.set()

    async def wait(self, longest_s: float) -> bool:
        """Return when the wait ends: whether there may be news."""
        try:
            async with asyncio.timeout(longest_s):
                await self._ended.wait()
        except TimeoutError:
            return False
        return self.is_news


class Waiting:
    """Every wait of this process; a listener of the fan-out."""

    def __init__(self, fanout: Fanout, at_once: int = AT_ONCE) -> None:
        self._subscriptions = Subscriptions(fanout.listen(self))
        self._at_once, self._count, self._is_closing = at_once, 0, False
        self._places: defaultdict[str, list[tuple[str, Place]]] = defaultdict(list)

    @asynccontextmanager
    async def place(self, account: str, session_id: str) -> AsyncIterator[Place]:
        """A place among those who wait for this session. Raises TooManyWaits."""
        if self._count >= self._at_once:
            raise TooManyWaits
        place, channel = Place(), rtc_session(session_id)
        self._enter(account, channel, place)
        try:
            await self._subscriptions.acquire(channel)
            try:
                yield place
            finally:
                await self._subscriptions.release(channel)
        finally:
            self._exit(account, channel, place)

    @property
    def count(self) -> int:
        """How many wait."""
        return self._count

    def on_message(self, channel: str, payload: bytes) -> None:
        """See Listener."""
        for _, place in self._places.get(channel, ()):
            place.change()

    def on_lost(self) -> None:
        """See Listener."""
        for places in self._places.values():
            for _, place in places:
                place.change()

    async def drain(self) -> None:
        """End every wait, and let nobody wait any more: this process is about to stop."""
        self._is_closing = True
        for places in self._places.values():
            for _, place in places:
                place.leave()

    def _enter(self, account: str, channel: str, place: Place) -> None:
        own = [it for owner, it in self._places[channel] if owner == account]
        for oldest in own[: len(own) - A_PERSON + 1]:
            oldest.leave()
        if self._is_closing:
            place.leave()
        self._places[channel].append((account, place))
        self._count += 1

    def _exit(self, account: str, channel: str, place: Place) -> None:
        self._places[channel].remove((account, place))
        self._count -= 1
        if not self._places[channel]:
            del self._places[channel]
