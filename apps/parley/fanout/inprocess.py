"""Fan-out inside one process: the same promise as over Redis, without a network.

A payload is handed over in a later turn of the event loop, as it would be from a socket, so that no publisher comes to
rely on its notice having been seen when `publish` returns.
"""

import asyncio

from parley.fanout.port import Listener, Subscriber


class InProcessFanout:
    """Every listener of this process, and which channels each has subscribed to."""

    def __init__(self) -> None:
        self._subscribers: list[_Subscriber] = []

    async def publish(self, channel: str, payload: bytes) -> None:
        """See the port."""
        for subscriber in self._subscribers:
            if channel in subscriber.channels:
                asyncio.get_running_loop().call_soon(subscriber.deliver, channel, payload)

    def listen(self, listener: Listener) -> Subscriber:
        """See the port."""
        subscriber = _Subscriber(listener)
        self._subscribers.append(subscriber)
        return subscriber

    async def check(self) -> None:
        """See the port."""


class _Subscriber:
    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self.channels: set[str] = set()

    async def subscribe(self, channel: str) -> None:
        self.channels.add(channel)

    async def unsubscribe(self, channel: str) -> None:
        self.channels.discard(channel)

    def deliver(self, channel: str, payload: bytes) -> None:
        if channel in self.channels:
            self._listener.on_message(channel, payload)
