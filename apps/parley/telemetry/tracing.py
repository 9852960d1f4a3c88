"""A tracer that sends spans to an OpenTelemetry collector, in batches from a thread of its own.

Everything but the name of the service is read by the SDK from the variables of OpenTelemetry's specification: endpoint,
headers, sampler, limits. What cannot be sent is dropped, told in the log, and holds nobody up.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from parley.telemetry import context
from parley.telemetry.port import Kind

_LAST_SPANS_MS = 2000
"""How long the end of the process waits for the collector to take what is left."""

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_KINDS: dict[Kind, SpanKind] = {
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
}


@contextmanager
def open_tracer(service: str) -> Iterator["OpenTelemetryTracer"]:
    """A tracer whose spans name the service, until the end; then the last ones are sent."""
    provider = TracerProvider(resource=Resource.create({"service.name": service}), shutdown_on_exit=False)
    processor = BatchSpanProcessor(OTLPSpanExporter())
    provider.add_span_processor(processor)
    try:
        yield OpenTelemetryTracer(provider)
    finally:
        processor._batch_processor.shutdown(_LAST_SPANS_MS)


class OpenTelemetryTracer:
    """See the port."""

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer("parley")

    @contextmanager
    def span(
        self, name: str, kind: Kind, *, parent: str | None = None, link: str | None = None
    ) -> Iterator["OpenTelemetrySpan"]:
        """See the port."""
        above = read_traceparent(parent or context.traceparent())
        beside = read_traceparent(link)
        started = self._tracer.start_span(
            name,
            set_span_in_context(NonRecordingSpan(above)) if above else Context(),
            _KINDS[kind],
            links=[Link(beside)] if beside else None,
        )
        span = OpenTelemetrySpan(started)
        try:
            with context.tracing(write_traceparent(started.get_span_context())):
                yield span
        except BaseException as error:
            # Its text may hold what is no business of whoever reads traces.
            span.tell("error.type", type(error).__name__)
            span.fail()
            raise
        finally:
            started.end()


class OpenTelemetrySpan:
    """See the port."""

    def __init__(self, span: Span) -> None:
        self._span = span

    def rename(self, name: str) -> None:
        """See the port."""
        self._span.update_name(name)

    def tell(self, name: str, value: str | int) -> None:
        """See the port."""
        self._span.set_attribute(name, value)

    def fail(self) -> None:
        """See the port."""
        self._span.set_status(Status(StatusCode.ERROR))


def read_traceparent(text: str | None) -> SpanContext | None:
    """What a W3C `traceparent` names; None for what is none."""
    found = _TRACEPARENT.fullmatch(text or "")
    # A later version may be longer, this one may not; ff is none.
    if not found or found[1] == "ff" or (found[1] == "00" and found[5]):
        return None
    read = SpanContext(int(found[2], 16), int(found[3], 16), is_remote=True, trace_flags=TraceFlags(int(found[4], 16)))
    return read if read.is_valid else None


def write_traceparent(span: SpanContext) -> str:
    """The W3C `traceparent` of a span."""
    return f"00-{span.trace_id:032x}-{span.span_id:016x}-{span.trace_flags:02x}"
