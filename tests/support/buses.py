"""The adapters of the event bus, each opened for one test, and a handler that notes what it gets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import pytest
from support import kafka

from parley.bus.inprocess import DeadLetter, InProcessBus
from parley.bus.kafka import open_kafka_bus
from parley.bus.port import Event, EventBus, Handler

Sleep = Callable[[float], Awaitable[None]]

PATIENCE_S = 60.0
"""How long a request may take in tests: a broker on a busy machine answers late, and no person waits."""


@dataclass(frozen=True)
class OpenBus:
    """A bus, a topic that is empty, and the way to see its dead letters."""

    bus: EventBus
    topic: str
    dead_letters: Callable[[], Awaitable[Sequence[DeadLetter]]]

    async def publish(self, *values: bytes, key: str = "ann") -> None:
        for value in values:
            await self.bus.publish(Event(self.topic, key, value))

    @asynccontextmanager
    async def consuming(self, handler: Handler, group: str = "workers") -> AsyncIterator[asyncio.Task[None]]:
        """Consumed meanwhile. An in-process consumer is there at once, another as soon as it can."""
        task = asyncio.create_task(self.bus.consume(self.topic, group, handler))
        await asyncio.sleep(0)
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


OpensBus = Callable[[Sleep], AbstractAsyncContextManager[OpenBus]]


@asynccontextmanager
async def inprocess(sleep: Sleep) -> AsyncIterator[OpenBus]:
    bus = InProcessBus(sleep)

    async def dead_letters() -> Sequence[DeadLetter]:
        return bus.dead_letters("new-registration.dlq")

    yield OpenBus(bus, "new-registration", dead_letters)


@asynccontextmanager
async def over_kafka(
    sleep: Sleep = asyncio.sleep, url: str = "", patience_s: float = PATIENCE_S
) -> AsyncIterator[OpenBus]:
    topic = kafka.new_topic()

    async def dead_letters() -> Sequence[DeadLetter]:
        return [_letter(record) for record in await kafka.records(f"{topic}.dlq")]

    async with open_kafka_bus(url or kafka.broker().url(), sleep, patience_s=patience_s) as bus:
        yield OpenBus(bus, topic, dead_letters)


BUSES = [pytest.param(inprocess, id="inprocess"), pytest.param(over_kafka, id="kafka", marks=pytest.mark.engine)]
"""Every adapter of the port, each an OpensBus; a further one is a line here."""


class Seen:
    """A handler that notes what it gets; `behave` decides how it ends."""

    def __init__(self, behave: Callable[[Event], object] = lambda event: None) -> None:
        self.events: list[Event] = []
        self._behave = behave
        self._grown = asyncio.Condition()

    async def __call__(self, event: Event) -> None:
        async with self._grown:
            self.events.append(event)
            self._grown.notify_all()
        self._behave(event)

    @property
    def values(self) -> list[bytes]:
        return [event.value for event in self.events]

    async def count(self, number: int, within_s: float = 30) -> list[bytes]:
        """The values, as soon as there are so many."""
        return await self.until(lambda: len(self.events) >= number, within_s)

    async def until(self, is_enough: Callable[[], bool], within_s: float = 30) -> list[bytes]:
        async with asyncio.timeout(within_s), self._grown:
            await self._grown.wait_for(is_enough)
        return self.values


def _letter(record) -> DeadLetter:
    told = kafka.headers(record)
    event = Event(told["topic"], record.key.decode(), record.value)
    return DeadLetter(event, told["partition"], told["offset"], told["reason"])
