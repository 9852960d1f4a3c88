"""Meters and a tracer that do nothing, which serve wherever neither was asked for."""

from contextlib import AbstractContextManager, nullcontext

from parley.telemetry.port import Kind, Span


class NoMeters:
    """Meters that keep nothing."""

    def request(self, method: str, route: str, status: int, seconds: float) -> None: ...

    def appended(self, result: str, seconds: float) -> None: ...

    def mailed(self, result: str, seconds: float) -> None: ...

    def published(self, topic: str, result: str) -> None: ...

    def handled(self, topic: str, result: str, seconds: float) -> None: ...

    def call_begun(self, media: str) -> None: ...

    def call_rang(self, result: str, seconds: float) -> None: ...

    def call_ended(self, reason: str) -> None: ...

    def engine(self, name: str, *, is_up: bool, is_change: bool) -> None: ...

    def loop_lag(self, seconds: float) -> None: ...


class _NoSpan:
    def rename(self, name: str) -> None: ...

    def tell(self, name: str, value: str | int) -> None: ...

    def fail(self) -> None: ...


class NoTracer:
    """A tracer whose spans go nowhere."""

    _span: AbstractContextManager[Span] = nullcontext(_NoSpan())

    def span(
        self, name: str, kind: Kind, *, parent: str | None = None, link: str | None = None
    ) -> AbstractContextManager[Span]:
        """See the port."""
        return self._span
