"""What the work at hand belongs to: ids that every log line and every event of it carries, without being handed on.

Each task of the event loop has a context of its own, and passes a copy to the tasks that it starts.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

_NOTHING: Mapping[str, str] = MappingProxyType({})
_bound: ContextVar[Mapping[str, str]] = ContextVar("parley_telemetry", default=_NOTHING)
_traceparent: ContextVar[str | None] = ContextVar("parley_traceparent", default=None)


def bound() -> Mapping[str, str]:
    """The ids that are bound here, by the names under which log lines carry them."""
    return _bound.get()


@contextmanager
def binding(**ids: str) -> Iterator[None]:
    """Within the block these ids are bound, besides those that were before."""
    token = _bound.set({**_bound.get(), **ids})
    try:
        yield
    finally:
        _bound.reset(token)


def traceparent() -> str | None:
    """The W3C trace context of the span that is open here; None while nothing is traced."""
    return _traceparent.get()


@contextmanager
def tracing(value: str) -> Iterator[None]:
    """Within the block this is the trace context."""
    token = _traceparent.set(value)
    try:
        yield
    finally:
        _traceparent.reset(token)


def trace_id() -> str | None:
    """The trace that the work at hand belongs to, as log lines carry it."""
    value = _traceparent.get()
    return value.split("-")[1] if value else None
