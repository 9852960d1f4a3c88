"""What has to happen by itself: pings, leases, a look at what the fan-out may have lost, sessions that ended, the end.

One loop per rhythm for the whole process, never a timer per connection.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

from parley.chat_service.connection import Connection
from parley.chat_service.conversation import Close, Ping
from parley.chat_service.hub import Hub, devices
from parley.chat_service.model import PING_EVERY_S, STALLED_AFTER_S, CloseCode
from parley.chat_service.service.calling import Calling
from parley.chat_service.service.errands import attempt
from parley.chat_service.service.feed import Feed
from parley.chat_service.service.people import People
from parley.contracts import frames
from parley.identity.port import Sessions

SESSIONS_EVERY_S = 4.0
"""How often ended sessions are looked for, for the case that their end was not heard: a socket outlives it by 5 s."""

_SLICE_S = 0.1
_SPREAD_MS = 200
"""Their closing is what spreads them; this only keeps those of one slice from coming back in the same moment."""


class Upkeep:
    """The periodic work of one process. `drain_s` is how long closing is spread over."""

    def __init__(
        self, *, hub: Hub, feed: Feed, people: People, calling: Calling, sessions: Sessions, drain_s: float
    ) -> None:
        self._hub, self._feed, self._people, self._sessions = hub, feed, people, sessions
        self._calling = calling
        self._drain_s = drain_s
        self.is_draining = False

    async def keep_alive(self) -> None:
        """Ping each connection in its time, and close those that answer nothing or take nothing."""
        await _every(1.0, self._tick)

    async def expire_presence(self) -> None:
        """Tell who has gone without a word."""
        await _every(1.0, self._people.expire)

    async def renew_leases(self) -> None:
        """Prolong the leases of who is connected here."""
        await _every(PING_EVERY_S, self._people.renew_all)

    async def look_at_calls(self) -> None:
        """Do what time has brought to calls."""
        await _every(1.0, self._calling.look)

    async def hold_calls(self) -> None:
        """Say of who is connected here and has joined a call that they are there."""
        await _every(PING_EVERY_S, self._calling.renew_all)

    async def compare_heads(self) -> None:
        """Find what the fan-out has lost."""
        await _every(PING_EVERY_S, self._feed.check_all)

    async def end_sessions(self) -> None:
        """Close the sockets of sessions that have ended."""
        await _every(SESSIONS_EVERY_S, self.check_sessions)

    async def check_sessions(self) -> None:
        """Close the sockets of sessions that have ended by now."""
        by_device = devices(self._hub)
        alive = await self._sessions.alive(by_device.keys()) if by_device else set()
        for device in by_device.keys() - alive:
            for connection in by_device[device]:
                connection.close(CloseCode.SIGNED_OUT, "signed out")

    async def drain(self) -> None:
        """Say goodbye and close, one after another over `drain_s`; each comes back at once, and serves until then."""
        self.is_draining = True
        leaving = list(self._hub)
        slices = max(1, round(self._drain_s / _SLICE_S)) if leaving else 0
        for turn in range(slices):
            await asyncio.sleep(self._drain_s / slices)
            for connection in leaving[turn::slices]:
                wait_ms = random.randint(0, _SPREAD_MS)  # noqa: S311 -- spreads, protects nothing
                connection.send(frames.bye("drain", wait_ms))
                connection.close(CloseCode.RESTART, "restarting")

    async def _tick(self) -> None:
        now = time.monotonic()
        for connection in self._hub:
            self._look_at(connection, now)

    def _look_at(self, connection: Connection, now: float) -> None:
        match connection.rules.tick(now):
            case Ping():
                connection.send(frames.PING)
            case Close(code, reason):
                connection.close(code, reason)
        if connection.is_stalled(now, STALLED_AFTER_S):
            connection.close(CloseCode.TOO_SLOW, "nothing was read for too long")


async def _every(seconds: float, act: Callable[[], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(seconds)
        await attempt(act)
