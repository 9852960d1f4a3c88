"""What is told about a request: under its template, whatever came of it, and never by its path."""

import asyncio
import json
import logging

import httpx2
import pytest
from fastapi import APIRouter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from parley.component import Component
from parley.readiness import Readiness
from parley.rest.application import build_application
from parley.telemetry import context
from parley.telemetry.handed import Telemetry
from parley.telemetry.metrics import PrometheusMeters
from parley.telemetry.tracing import OpenTelemetryTracer

SECRET = "ann@example.org"
COUNT = "parley_http_request_duration_seconds_count"


@pytest.fixture
def spans():
    return InMemorySpanExporter()


@pytest.fixture
def meters():
    return PrometheusMeters()


@pytest.fixture
def seen():
    """What a route finds bound while it runs."""
    return {}


@pytest.fixture
def app(spans, meters, seen):
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    routes = APIRouter(prefix="/things")

    @routes.get("/{thing}")
    async def read(thing: str) -> None:
        seen.update(context.bound(), traceparent=context.traceparent())

    @routes.get("/{thing}/broken")
    async def fail(thing: str) -> None:
        raise RuntimeError(thing)

    telemetry = Telemetry(meters=meters, tracer=OpenTelemetryTracer(provider))
    component = Component(name="things", routers=[routes])
    return build_application("things", [component], [], Readiness({}, asyncio.Event()), telemetry)


@pytest.fixture
async def client(app):
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.fixture(autouse=True)
def told(caplog):
    caplog.set_level(logging.INFO, "parley.rest")
    return caplog


@pytest.mark.parametrize(
    ("method", "path", "labels"),
    [
        ("GET", f"/things/{SECRET}", ("GET", "/things/{thing}", "200")),
        ("GET", f"/things/{SECRET}/broken", ("GET", "/things/{thing}/broken", "500")),
        ("GET", f"/{SECRET}/x/y?{SECRET}", ("GET", "unmatched", "404")),
        (SECRET.partition("@")[0].upper(), f"/{SECRET}/x/y", ("other", "unmatched", "404")),
    ],
)
async def test_each_request_is_told_once_by_its_template(client, told, meters, spans, method, path, labels):
    """One line, one count and one span a request, none of which holds what stood in the path."""
    await client.request(method, path)
    assert meters.registry.get_sample_value(COUNT, dict(zip(("method", "route", "status"), labels, strict=True))) == 1
    (line,) = [record for record in told.records if record.name == "parley.rest"]
    assert (line.method, line.route, str(line.status)) == labels
    (span,) = spans.get_finished_spans()
    assert span.name == f"{labels[0]} {labels[1]}"
    assert span.status.status_code is (StatusCode.ERROR if labels[2] == "500" else StatusCode.UNSET)
    assert SECRET not in line.getMessage() + json.dumps(line.__dict__, default=str)
    assert SECRET not in span.to_json()


async def test_probes_are_left_out(client, told, meters, spans):
    """What asks every few seconds is neither told nor counted."""
    await client.get("/healthz")
    await client.get("/readyz")
    assert told.records == []
    assert spans.get_finished_spans() == ()
    assert meters.registry.get_sample_value(COUNT, {"method": "GET", "route": "/healthz", "status": "200"}) is None


async def test_a_request_that_nobody_waits_for_is_told(app, meters):
    """A request that ends without an answer counts as 499."""

    async def receive():
        raise ConnectionError

    async def send(_):
        raise AssertionError("nobody is there")

    scope = {"type": "http", "method": "POST", "path": "/things/x", "headers": [(b"content-length", b"3")]}
    with pytest.raises(ConnectionError):
        await app(scope | {"query_string": b"", "root_path": ""}, receive, send)
    labels = {"method": "POST", "route": "unmatched", "status": "499"}
    assert meters.registry.get_sample_value(COUNT, labels) == 1


async def test_ids_are_bound_while_a_route_runs(client, seen, spans):
    """A route runs under its request's id and its span's trace, and nothing of them stays."""
    await client.get("/things/x", headers={"x-request-id": "abc"})
    (span,) = spans.get_finished_spans()
    assert seen["request_id"] == "abc"
    assert f"{span.context.span_id:016x}" in seen["traceparent"]
    assert (dict(context.bound()), context.traceparent()) == ({}, None)


async def test_a_clients_trace_is_a_link_and_no_parent(client, spans):
    """The trace begins anew at the public edge and names what the client named; what cannot be read is not named."""
    await client.get("/things/x", headers={"traceparent": f"00-{'c' * 32}-{'d' * 16}-01"})
    await client.get("/things/x", headers={"traceparent": "00-zz-yy-01"})
    linked, alone = spans.get_finished_spans()
    assert (linked.parent, alone.parent) == (None, None)
    assert [f"{link.context.trace_id:032x}" for link in linked.links] == ["c" * 32]
    assert list(alone.links) == []
