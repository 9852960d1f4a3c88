"""A listener on the in-process fan-out that notes every frame by its channel."""

import asyncio
import json
from typing import Any

from parley.fanout import channels
from parley.fanout.inprocess import InProcessFanout


class Listening:
    """What was published on the channels that it follows, as JSON, in order."""

    def __init__(self, fanout: InProcessFanout) -> None:
        self._subscriptions = fanout.listen(self)
        self._heard: list[tuple[str, channels.Published]] = []

    async def follow(self, *names: str) -> "Listening":
        for name in names:
            await self._subscriptions.subscribe(name)
        return self

    def on_message(self, channel: str, payload: bytes) -> None:
        self._heard.append((channel, channels.unpack(payload)))

    def on_lost(self) -> None:
        raise AssertionError("nothing is lost inside a process")

    async def published(self) -> list[tuple[str, channels.Published]]:
        """Everything since the last call: the channel and what was published there."""
        # A payload arrives in a later turn of the loop.
        await asyncio.sleep(0)
        heard, self._heard = self._heard, []
        return heard

    async def frames(self) -> list[tuple[str, dict[str, Any]]]:
        """Everything since the last call: the channel and the frame."""
        return [(channel, json.loads(it.frame)) for channel, it in await self.published()]
