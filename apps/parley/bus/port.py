"""The port of the event bus: publish, consume and a look, so that its in-process twin stays honest.

Guarantee: at least once, ordered per key, acknowledged after handling. A handler may therefore see an event again and
must be idempotent.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol


class RetryLater(Exception):
    """The handler could not finish now; the same event comes again after `delay_s`, before later ones of its key."""

    def __init__(self, reason: str, delay_s: float) -> None:
        super().__init__(reason)
        self.reason, self.delay_s = reason, delay_s


class NeverRetry(Exception):
    """The event can never be handled; it goes to the topic's dead letters, byte for byte, with `reason`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BusUnavailable(Exception):
    """The bus did not take the event; it may or may not have been stored."""


@dataclass(frozen=True)
class Event:
    """One record: `value` is the bytes as published, `key` decides the order."""

    topic: str
    key: str
    value: bytes


Handler = Callable[[Event], Awaitable[None]]


class EventBus(Protocol):
    """Publish facts and consume them."""

    async def publish(self, event: Event) -> None:
        """Return once the bus has taken responsibility for the event. Raises BusUnavailable when it has not.

        It never waits long. Calls that run at once are taken in the order in which they began, for each key.
        """

    async def consume(self, topic: str, group: str, handler: Handler) -> None:
        """Hand over every event of `topic` to `handler`, one at a time per key, until cancelled.

        Within a `group` each event goes to one consumer. The handler returns when it is done, raises RetryLater or
        NeverRetry, and anything else ends this call with that exception: the process is then restarted. A bus that is
        away ends nothing: the events come when it is back.
        """

    async def check(self) -> None:
        """Return when the bus answers. Raises BusUnavailable while it is away.

        Raises ConfigurationError, with a sentence that repeats no secret, when it will never answer as configured.
        """
