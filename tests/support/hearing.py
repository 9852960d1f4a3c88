"""A listener of a fan-out that a test waits on."""

import asyncio


class Ear:
    """A listener that notes what it gets, and how often messages may have been missed."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.losses = 0
        self._changed = asyncio.Event()

    def on_message(self, channel, payload):
        self.heard.append((channel, payload))
        self._changed.set()

    def on_lost(self):
        self.losses += 1
        self._changed.set()

    def payloads(self, channel):
        return [payload for name, payload in self.heard if name == channel]

    async def hears(self, channel, payload):
        await self._until(lambda: (channel, payload) in self.heard)

    async def hears_at_last(self, fanout, channel, payload):
        """Have it published until it is heard: what goes to a server that has just died is lost."""
        async with asyncio.timeout(30):
            while (channel, payload) not in self.heard:
                await fanout.publish(channel, payload)
                await asyncio.sleep(0.05)

    async def loses(self, times=1):
        await self._until(lambda: self.losses >= times)

    async def _until(self, is_so):
        async with asyncio.timeout(20):
            while not is_so():
                self._changed.clear()
                await self._changed.wait()
