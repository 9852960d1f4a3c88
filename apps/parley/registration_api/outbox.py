"""Publishes what the outbox holds, at once after a request and again for as long as a request has no end.

Losing the bus loses nothing: a row that was published but came to nothing is due again after a while.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from parley.bus.port import BusUnavailable, Event, EventBus
from parley.onetimecodes.port import OneTimeCodes, PendingEvent
from parley.sql.errors import DatabaseUnavailable

LOOK_EVERY_S = 1.0
"""How long to wait for a wake-up before looking by ourselves: another replica's rows, or ones that are due again."""

SWEEP_EVERY_S = 15.0
"""How often overdue requests are ended and old rows forgotten; both are counted in many minutes."""

_BATCH = 100
_log = logging.getLogger("parley.registration_api.outbox")


class OutboxRelay:
    """The tasks of this service: `run` publishes, `sweep` cleans up. Both go on until cancelled."""

    def __init__(self, codes: OneTimeCodes, bus: EventBus) -> None:
        self._codes, self._bus = codes, bus
        self._woken = asyncio.Event()
        self._is_bus_away = False

    def wake(self) -> None:
        """Look now."""
        self._woken.set()

    async def run(self) -> None:
        """Publish what is due, whenever there is something."""
        while True:
            self._woken.clear()
            await _tolerating_an_absent_database(self.relay)
            # Not being woken is the ordinary case.
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), LOOK_EVERY_S)

    async def sweep(self) -> None:
        """End and forget, now and then."""
        while True:
            await _tolerating_an_absent_database(self._codes.sweep)
            await asyncio.sleep(SWEEP_EVERY_S)

    async def relay(self) -> None:
        """Publish everything that is due now; what the bus does not take stays due."""
        while events := await self._codes.pending_events(_BATCH):
            published = await self._publish(events)
            if published:
                await self._codes.mark_published(published)
            if len(published) < _BATCH:
                break

    async def _publish(self, events: Sequence[PendingEvent]) -> list[str]:
        # At once, so that a bus that is away costs one wait and not one for each.
        troubles = await asyncio.gather(*(self._trouble(event) for event in events))
        self._note(next(filter(None, troubles), None))
        return [event.event_id for event, trouble in zip(events, troubles, strict=True) if trouble is None]

    async def _trouble(self, event: PendingEvent) -> BusUnavailable | None:
        try:
            await self._bus.publish(Event(event.topic, event.key, event.payload))
        except BusUnavailable as unavailable:
            return unavailable
        return None

    def _note(self, trouble: BusUnavailable | None) -> None:
        # Told when it changes, not once a second.
        if trouble and not self._is_bus_away:
            _log.warning("the bus takes no events, they stay in the outbox: %s", trouble)
        self._is_bus_away = trouble is not None


async def _tolerating_an_absent_database(step: Callable[[], Awaitable[None]]) -> None:
    try:
        await step()
    except DatabaseUnavailable:
        # Told once by whoever watches the engines.
        _log.debug("the database does not answer; what is due stays due")
