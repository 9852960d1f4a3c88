"""Spans and the trace context that travels in text."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from parley.telemetry import context
from parley.telemetry.nothing import NoTracer
from parley.telemetry.opening import open_telemetry
from parley.telemetry.tracing import OpenTelemetryTracer, read_traceparent, write_traceparent

REMOTE = f"00-{'a' * 32}-{'b' * 16}-01"


@pytest.fixture
def spans():
    return InMemorySpanExporter()


@pytest.fixture
def tracer(spans):
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    return OpenTelemetryTracer(provider)


def test_a_span_is_below_the_open_one(tracer, spans):
    """Without a parent that is named, a span belongs to the one that is open, and to none when there is none."""
    with tracer.span("outer", "server"), tracer.span("inner", "client"):
        pass
    inner, outer = spans.get_finished_spans()
    assert inner.parent.span_id == outer.context.span_id
    assert outer.parent is None
    assert context.traceparent() is None


def test_a_named_parent_wins(tracer, spans):
    """A span that goes on with somebody else's trace is below their span, whatever is open."""
    with tracer.span("outer", "server"), tracer.span("inner", "consumer", parent=REMOTE):
        assert context.trace_id() == "a" * 32
    inner = spans.get_finished_spans()[0]
    assert f"{inner.parent.span_id:016x}" == "b" * 16


def test_an_exception_is_told_by_its_type_alone(tracer, spans):
    """A span that fails says with what, and not with which text."""
    with pytest.raises(ValueError), tracer.span("x", "server"):
        raise ValueError("ann@example.org")
    (span,) = spans.get_finished_spans()
    assert span.attributes["error.type"] == "ValueError"
    assert "ann@example.org" not in span.to_json()


def test_a_trace_that_is_not_sampled_stays_so(tracer, spans):
    """Who was told not to sample tells on, and sends nothing."""
    with tracer.span("x", "consumer", parent=REMOTE[:-1] + "0"):
        assert context.traceparent().endswith("-00")
    assert spans.get_finished_spans() == ()


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "x",
        f"ff-{'a' * 32}-{'b' * 16}-01",
        f"00-{'0' * 32}-{'b' * 16}-01",
        f"00-{'a' * 32}-{'0' * 16}-01",
        f"00-{'A' * 32}-{'b' * 16}-01",
        f"{REMOTE}-more",
        f"{REMOTE}\n",
    ],
)
def test_what_is_no_trace_context(text):
    """Forms that the recommendation forbids are read as none."""
    assert read_traceparent(text) is None


def test_a_later_version_is_read_as_far_as_known():
    """A version to come may be longer."""
    assert read_traceparent(f"01-{'a' * 32}-{'b' * 16}-01-more") is not None


@given(st.text())
def test_no_text_breaks_it(text):
    """Whatever stands there is read as a context or as none, and what was read is written as it was."""
    assert read_traceparent(text) is None
    assert write_traceparent(read_traceparent(REMOTE)) == REMOTE


def test_nothing_is_imported_while_traces_are_off(monkeypatch):
    """Without an endpoint there is no tracer, no trace context and no OpenTelemetry in the process."""
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    for name in [name for name in sys.modules if name.startswith(("opentelemetry", "parley.telemetry.tracing"))]:
        monkeypatch.delitem(sys.modules, name)
    with open_telemetry("x", default_port=None) as telemetry, telemetry.tracer.span("x", "server"):
        assert isinstance(telemetry.tracer, NoTracer)
        assert context.traceparent() is None
    assert not any(name.startswith("opentelemetry") for name in sys.modules)
