"""The numbers: what Prometheus reads, under which labels, and that the page about them tells all."""

import re
from pathlib import Path

import httpx2
import pytest
from prometheus_client import REGISTRY

from parley.telemetry.exposition import exposing
from parley.telemetry.metrics import PrometheusMeters
from parley.telemetry.readings import READINGS

PAGE = Path(__file__).parents[3] / "docs" / "observability.md"


@pytest.fixture
def meters():
    return PrometheusMeters()


def value(meters, name, **labels):
    return meters.registry.get_sample_value(name, labels)


def test_each_call_is_counted_under_its_labels(meters):
    """What is measured is found under the name and the labels that the page tells."""
    meters.request("GET", "/me", 200, 0.02)
    meters.appended("stored", 0.004)
    meters.mailed("accepted", 0.2)
    meters.published("new-registration", "taken")
    meters.handled("new-registration", "dead", 0.1)
    meters.loop_lag(0.5)
    meters.call_begun("video")
    meters.call_rang("answered", 7)
    meters.call_ended("completed")
    assert value(meters, "parley_http_request_duration_seconds_sum", method="GET", route="/me", status="200") == 0.02
    assert value(meters, "parley_message_append_duration_seconds_count", result="stored") == 1
    assert value(meters, "parley_mail_duration_seconds_sum", result="accepted") == 0.2
    assert value(meters, "parley_bus_published_total", topic="new-registration", result="taken") == 1
    assert value(meters, "parley_bus_handling_duration_seconds_count", topic="new-registration", result="dead") == 1
    assert value(meters, "parley_event_loop_lag_seconds_sum") == 0.5
    assert value(meters, "parley_calls_begun_total", media="video") == 1
    assert value(meters, "parley_call_ring_duration_seconds_sum", result="answered") == 7
    assert value(meters, "parley_calls_ended_total", reason="completed") == 1


def test_an_outage_is_counted_once(meters):
    """An engine is 1 or 0, and each time that it goes is one outage, however long it stays away."""
    for is_up, is_change in ((True, False), (False, True), (False, False), (True, False)):
        meters.engine("bus", is_up=is_up, is_change=is_change)
    assert value(meters, "parley_engine_up", engine="bus") == 1
    assert value(meters, "parley_engine_outages_total", engine="bus") == 1


def test_readings_are_asked_when_somebody_looks(meters):
    """A number that somebody keeps is read at each look, and not before."""
    asked = []
    meters.watch(dict.fromkeys(READINGS, lambda: asked.append(1) or len(asked)))
    assert asked == []
    list(meters.registry.collect())
    assert len(asked) == len(READINGS)


def test_two_processes_worth_of_meters_are_apart(meters):
    """Each has a registry of its own, and nothing of ours is in the library's global one."""
    other = PrometheusMeters()
    meters.appended("stored", 1)
    assert value(other, "parley_message_append_duration_seconds_count", result="stored") is None
    assert not any(family.name.startswith("parley_") for family in REGISTRY.collect())


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/metrics", 200), ("GET", "/", 404), ("POST", "/metrics", 405)]
)
async def test_the_listener_serves_nothing_else(meters, method, path, status):
    """Only a GET of /metrics is answered."""
    transport = httpx2.ASGITransport(exposing(meters.registry))
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.request(method, path)
    assert answer.status_code == status
    assert ("parley_event_loop_lag_seconds" in answer.text) is (status == 200)


def test_the_page_tells_every_metric_and_no_other(meters):
    """docs/observability.md has exactly the names that the code has."""
    meters.watch(dict.fromkeys(READINGS, lambda: 0))
    exposed = {family.name + ("_total" if family.type == "counter" else "") for family in meters.registry.collect()}
    ours = {name for name in exposed if name.startswith("parley_")}
    assert set(re.findall(r"^\| `(parley_\w+)`", PAGE.read_text(), re.MULTILINE)) == ours
