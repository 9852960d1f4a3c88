"""Publishes what the outbox holds: at once what a request has just written, and again for as long as it has no end.

A request hands its event over, so nothing is read to publish it. That it was published is noted a moment later, for
many at once; most of them have ended by then, and nothing is left to note. The outbox is looked through only for what
went wrong. Losing the bus, a note or this process loses nothing: a row of the outbox is due again after a while.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from parley.bus.port import BusUnavailable, Event, EventBus
from parley.onetimecodes.model import OFFER_MS
from parley.onetimecodes.port import OneTimeCodes, PendingEvent
from parley.sql.errors import DatabaseUnavailable

LOOK_EVERY_S = 1.0
"""How often what was published is noted, and the outbox looked through for what another replica has left behind and
what is due again. Well below OFFER_MS, so that no other replica publishes what we have published in time."""

SWEEP_EVERY_S = 15.0
"""How often overdue requests are ended and old rows forgotten; both are counted in many minutes."""

_BATCH = 100
_MOST_OFFERED = 1_000
"""While the bus is away the oldest offers are dropped beyond this; they stay in the outbox."""

_log = logging.getLogger("parley.registration_api.outbox")


class OutboxRelay:
    """The tasks of this service: `run` and `look` publish, `sweep` cleans up. All go on until cancelled."""

    def __init__(self, codes: OneTimeCodes, bus: EventBus) -> None:
        self._codes, self._bus = codes, bus
        self._offered: deque[PendingEvent] = deque(maxlen=_MOST_OFFERED)
        self._has_offers = asyncio.Event()
        self._unnoted: list[str] = []
        self._is_bus_away = False

    def offer(self, event: PendingEvent) -> None:
        """Publish this event now; it is in the outbox."""
        self._offered.append(event)
        self._has_offers.set()

    async def run(self) -> None:
        """Publish what is offered, at once."""
        while True:
            await self._has_offers.wait()
            self._has_offers.clear()
            offered = list(self._offered)
            self._offered.clear()
            # Notes are taken meanwhile, so the list that this is added to is the one of afterwards.
            published = await self._publish(offered)
            self._unnoted += published

    async def look(self) -> None:
        """Note and look, now and then."""
        while True:
            await _tolerating_an_absent_database(self.relay)
            await asyncio.sleep(LOOK_EVERY_S)

    async def sweep(self) -> None:
        """End and forget, now and then."""
        while True:
            await _tolerating_an_absent_database(self._codes.sweep)
            await asyncio.sleep(SWEEP_EVERY_S)

    async def relay(self) -> None:
        """Note what was published, and publish everything that is due; what the bus does not take stays due."""
        await self._note_published()
        while events := await self._codes.pending_events(_BATCH, OFFER_MS):
            published = await self._publish(events)
            self._unnoted += published
            await self._note_published()
            if len(published) < _BATCH:
                break

    async def _note_published(self) -> None:
        # A note that fails is not repeated: the event is then published once more.
        published, self._unnoted = self._unnoted, []
        if published:
            await self._codes.mark_published(published)

    async def _publish(self, events: Sequence[PendingEvent]) -> list[str]:
        # At once, so that a bus that is away costs one wait and not one for each.
        troubles = await asyncio.gather(*(self._trouble(event) for event in events))
        self._tell(next(filter(None, troubles), None))
        return [event.event_id for event, trouble in zip(events, troubles, strict=True) if trouble is None]

    async def _trouble(self, event: PendingEvent) -> BusUnavailable | None:
        try:
            await self._bus.publish(Event(event.topic, event.key, event.payload))
        except BusUnavailable as unavailable:
            return unavailable
        return None

    def _tell(self, trouble: BusUnavailable | None) -> None:
        # When it changes, not once a second.
        if trouble and not self._is_bus_away:
            _log.warning("the bus takes no events, they stay in the outbox: %s", trouble)
        self._is_bus_away = trouble is not None


async def _tolerating_an_absent_database(step: Callable[[], Awaitable[None]]) -> None:
    try:
        await step()
    except DatabaseUnavailable:
        # Told once by whoever watches the engines.
        _log.debug("the database does not answer; what is due stays due")
