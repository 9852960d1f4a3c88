"""The bus that tells what it does: results, ids and traces, and nothing changed for whoever uses it."""

import asyncio

import msgspec
import pytest

from parley.bus.inprocess import InProcessBus
from parley.bus.observed import ObservedBus
from parley.bus.port import BusUnavailable, Event, NeverRetry, RetryLater
from parley.contracts.events import RegistrationRequested, RegistrationRequestedEvent
from parley.telemetry import context
from parley.telemetry.handed import Telemetry
from parley.telemetry.metrics import PrometheusMeters
from parley.telemetry.tracing import OpenTelemetryTracer

REMOTE = f"00-{'a' * 32}-{'b' * 16}-01"


def event_of(**members):
    made = RegistrationRequestedEvent(id="e-1", data=RegistrationRequested(request_id="r"), **members)
    return Event("t", "k", msgspec.json.encode(made))


@pytest.fixture
def meters():
    return PrometheusMeters()


@pytest.fixture
def bus(meters):
    from opentelemetry.sdk.trace import TracerProvider

    async def at_once(_):
        return None

    return ObservedBus(InProcessBus(at_once), Telemetry(meters=meters, tracer=OpenTelemetryTracer(TracerProvider())))


@pytest.fixture
async def consume(bus):
    """Consumes with a handler in the background until the end of the test."""
    tasks = []

    async def start(handler):
        tasks.append(asyncio.create_task(bus.consume("t", "g", handler)))
        await asyncio.sleep(0)
        return tasks[-1]

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def handled(meters, result):
    labels = {"topic": "t", "result": result}
    return meters.registry.get_sample_value("parley_bus_handling_duration_seconds_count", labels)


async def test_each_end_of_an_event_is_counted(bus, meters, consume):
    """An event that is retried, handled or put with the dead letters is counted as that."""
    answers, finished = [RetryLater("later", 1), None, NeverRetry("no")], asyncio.Event()

    async def handler(_):
        answer = answers.pop(0)
        if not answers:
            finished.set()
        if answer:
            raise answer

    await consume(handler)
    await bus.publish(event_of())
    await bus.publish(event_of())
    await asyncio.wait_for(finished.wait(), 10)
    await asyncio.sleep(0)
    assert (handled(meters, "retry"), handled(meters, "done"), handled(meters, "dead")) == (1, 1, 1)
    taken = {"topic": "t", "result": "taken"}
    assert meters.registry.get_sample_value("parley_bus_published_total", taken) == 2


async def test_what_nobody_expected_is_counted_and_passed_on(bus, meters, consume):
    """An exception of a handler ends the consumption with itself."""

    async def handler(_):
        raise ZeroDivisionError

    task = await consume(handler)
    await bus.publish(event_of())
    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(task, 10)
    assert handled(meters, "failed") == 1


async def test_a_refusal_is_counted_and_passed_on(bus, meters):
    """What the bus does not take is counted as refused."""
    with pytest.raises(BusUnavailable):
        await bus.publish(event_of())
    refused = {"topic": "t", "result": "refused"}
    assert meters.registry.get_sample_value("parley_bus_published_total", refused) == 1


@pytest.mark.parametrize(
    ("event", "event_id", "trace_id"),
    [
        (event_of(traceparent=REMOTE), "e-1", "a" * 32),
        (event_of(), "e-1", None),
        (event_of(traceparent="nonsense"), "e-1", None),
        (Event("t", "k", b"\xff{"), "", None),
        (Event("t", "k", b'{"id": 7}'), "", None),
    ],
    ids=["traced", "untraced", "wrong", "bytes", "kinds"],
)
async def test_a_handler_runs_under_the_events_id_and_trace(bus, consume, event, event_id, trace_id):
    """The handler's lines carry the event's id, and go on with the trace it was written in, if there is one."""
    seen = asyncio.get_running_loop().create_future()

    async def handler(got):
        seen.set_result((got, context.bound()["event_id"], context.trace_id()))

    await consume(handler)
    await bus.publish(event)
    got, bound, trace = await asyncio.wait_for(seen, 10)
    assert (got, bound) == (event, event_id)
    assert trace == trace_id if trace_id else trace


def test_an_untraced_event_has_no_member_for_it():
    """While traces are off, an event is the same bytes as before there were any."""
    assert b"traceparent" not in event_of().value
    assert msgspec.json.decode(event_of(traceparent=REMOTE).value)["traceparent"] == REMOTE


def test_an_event_of_before_is_read():
    """An event without the member is read, and one with it by who does not know it."""
    old = b'{"id":"e","data":{"request_id":"r"},"type":"parley.registration.requested.v1","specversion":"1.0"}'
    assert msgspec.json.decode(old, type=RegistrationRequestedEvent).traceparent is msgspec.UNSET
