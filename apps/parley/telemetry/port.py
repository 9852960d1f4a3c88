"""The ports of numbers and spans.

Guarantee: a call never waits, never raises and keeps nothing but its arguments. Labels come from short lists that we
know beforehand; nothing of a person is ever one. Next: `metrics.py`, `tracing.py` and `nothing.py`, their adapters.
"""

from contextlib import AbstractContextManager
from typing import Literal, Protocol

Kind = Literal["server", "client", "producer", "consumer"]
"""Which side of a call a span is, in the words of OpenTelemetry."""


class Meters(Protocol):
    """Count and measure. Durations are in seconds."""

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """An HTTP request was answered; `route` is the template, not the path."""

    def appended(self, result: str, seconds: float) -> None:
        """The message log answered an append: `stored`, `stale`, `unavailable`, or `failed` unexpectedly."""

    def mailed(self, result: str, seconds: float) -> None:
        """The mail service answered: `accepted`, `later` or `never`."""

    def published(self, topic: str, result: str) -> None:
        """The bus answered a publication: `taken` or `refused`."""

    def handled(self, topic: str, result: str, seconds: float) -> None:
        """A handler is done with an event: `done`, `retry`, `dead` or `failed`."""

    def call_begun(self, media: str) -> None:
        """Somebody has called: `audio` or `video`."""

    def call_rang(self, result: str, seconds: float) -> None:
        """A call rings no longer: `answered`, or why it ended before anybody had answered."""

    def call_ended(self, reason: str) -> None:
        """A call is over: `completed`, `cancelled`, `declined`, `busy`, `missed` or `failed`."""

    def engine(self, name: str, *, is_up: bool, is_change: bool) -> None:
        """An engine was looked at; `is_change` when it has just gone."""

    def loop_lag(self, seconds: float) -> None:
        """The event loop came so much too late to a timer."""


class Span(Protocol):
    """Something that takes time and belongs to a trace."""

    def rename(self, name: str) -> None:
        """Give it the name that was not known when it began."""

    def tell(self, name: str, value: str | int) -> None:
        """Add an attribute."""

    def fail(self) -> None:
        """What the span stands for went wrong."""


class Tracer(Protocol):
    """Make spans."""

    def span(
        self, name: str, kind: Kind, *, parent: str | None = None, link: str | None = None
    ) -> AbstractContextManager[Span]:
        """A span as long as the block, below `parent` (a `traceparent`), else below the one that is open, else alone.

        `link` names another trace that this one has to do with. What cannot be read counts as absent. An exception that
        leaves the block marks the span as failed, without the exception's text.
        """
