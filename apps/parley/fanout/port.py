"""The port of live fan-out.

Guarantee: at most once, no replay; what one publisher publishes on one channel arrives in that order. Where several
servers are one, what is still on its way between them arrives at a subscription that is a moment younger. Whoever needs
more reads the message log: sequence numbers show what is missing.
"""

from typing import Protocol


class Listener(Protocol):
    """Who receives, one per process. Both methods run on the event loop and must return at once."""

    def on_message(self, channel: str, payload: bytes) -> None:
        """One payload that was published on a channel this process has subscribed to."""

    def on_lost(self) -> None:
        """Messages may have been missed on any channel (the connection was away); read the truth again."""


class Subscriber(Protocol):
    """The subscriptions of one listener."""

    async def subscribe(self, channel: str) -> None:
        """Receive what is published on `channel` after this returns. Subscribing twice is the same as once."""

    async def unsubscribe(self, channel: str) -> None:
        """Stop receiving `channel`; no effect when it was not subscribed."""


class FanoutUnavailable(Exception):
    """The fan-out is away; it comes back by itself."""


class Fanout(Protocol):
    """Publish to every replica that has subscribed."""

    async def publish(self, channel: str, payload: bytes) -> None:
        """Hand over one payload. Returning promises nothing about delivery.

        An engine that is away is not an error: the loss is repaired by whoever reads the log.
        """

    def listen(self, listener: Listener) -> Subscriber:
        """Register the process's listener and return its subscriptions, none yet."""

    async def check(self) -> None:
        """Return when notices are published and heard.

        Raises FanoutUnavailable while they are not, ConfigurationError when they never will be as it is configured.
        """
