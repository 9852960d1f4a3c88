"""An event bus that tells what it does: numbers, spans, and the event's id in every log line of its handler.

The trace of an event is the one in which it was written down (`traceparent`, an extension attribute of CloudEvents), so
that one trace leads from the request to whatever came of it, however long the event lay in between.
"""

import time

import msgspec

from parley.bus.port import Event, EventBus, Handler, NeverRetry, RetryLater
from parley.telemetry.context import binding
from parley.telemetry.handed import Telemetry


class _Envelope(msgspec.Struct):
    id: str = ""
    traceparent: str | None = None


_envelope = msgspec.json.Decoder(_Envelope)
_UNREADABLE = _Envelope()


class ObservedBus:
    """See the port; `bus` does the work."""

    def __init__(self, bus: EventBus, telemetry: Telemetry) -> None:
        self._bus, self._meters, self._tracer = bus, telemetry.meters, telemetry.tracer
        self.check = bus.check

    async def publish(self, event: Event) -> None:
        """See the port."""
        parent, result = _read(event).traceparent, "refused"
        try:
            with self._tracer.span(f"{event.topic} publish", "producer", parent=parent):
                await self._bus.publish(event)
                result = "taken"
        finally:
            self._meters.published(event.topic, result)

    async def consume(self, topic: str, group: str, handler: Handler) -> None:
        """See the port."""

        async def observed(event: Event) -> None:
            envelope = _read(event)
            with binding(event_id=envelope.id[:64]):
                await self._handle(event, envelope.traceparent, handler)

        await self._bus.consume(topic, group, observed)

    async def _handle(self, event: Event, parent: str | None, handler: Handler) -> None:
        result, began = "failed", time.perf_counter()
        try:
            with self._tracer.span(f"{event.topic} process", "consumer", parent=parent):
                await handler(event)
            result = "done"
        except RetryLater:
            result = "retry"
            raise
        except NeverRetry:
            result = "dead"
            raise
        finally:
            self._meters.handled(event.topic, result, time.perf_counter() - began)


def _read(event: Event) -> _Envelope:
    try:
        return _envelope.decode(event.value)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # Whoever handles it finds the same, and says what becomes of it.
        return _UNREADABLE
