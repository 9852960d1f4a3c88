"""Which channels this process listens to: each once, from its first user here to its last."""

import asyncio
from collections import Counter

from parley.fanout.port import Subscriber


class Subscriptions:
    """Counts who needs a channel. One change at a time, so that the last one always agrees with the count."""

    def __init__(self, subscriber: Subscriber) -> None:
        self._subscriber = subscriber
        self._users: Counter[str] = Counter()
        self._subscribed: set[str] = set()
        self._turn = asyncio.Lock()

    async def acquire(self, *channels: str) -> None:
        """One more needs these channels; returns when what is published there arrives."""
        self._users.update(channels)
        await self._agree(channels)

    async def release(self, *channels: str) -> None:
        """One less needs these channels."""
        self._users.subtract(channels)
        await self._agree(channels)

    async def _agree(self, channels: tuple[str, ...]) -> None:
        async with self._turn:
            for channel in channels:
                await self._settle(channel)

    async def _settle(self, channel: str) -> None:
        wanted = self._users[channel] > 0
        if wanted and channel not in self._subscribed:
            await self._subscriber.subscribe(channel)
            self._subscribed.add(channel)
        elif not wanted:
            del self._users[channel]
            if channel in self._subscribed:
                self._subscribed.discard(channel)
                await self._subscriber.unsubscribe(channel)
