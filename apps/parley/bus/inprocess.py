"""The event bus inside one process: the same promise as a broker, kept in memory.

What is lost when the process ends is published again from the outbox. An event stays at the head of its partition until
its handler is done with it, so a consumer that comes back goes on where the last one failed.
"""

import asyncio
import logging
import zlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from parley.bus.port import BusUnavailable, Event, Handler, NeverRetry, RetryLater

PARTITIONS = 6
_MAX_WAITING = 10_000
_MAX_DEAD = 1_000

_log = logging.getLogger("parley.bus")

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True)
class DeadLetter:
    """An event that could never be handled: `value` as it was published, where it stood, and why it is here."""

    event: Event
    partition: int
    offset: int
    reason: str


class InProcessBus:
    """Topics of this process. `publish` needs a consumer: without one nobody would ever take the event."""

    def __init__(self, sleep: Sleep = asyncio.sleep) -> None:
        self._sleep = sleep
        self._groups: dict[tuple[str, str], Sequence[_Partition]] = {}
        self._dead: dict[str, deque[DeadLetter]] = {}

    async def publish(self, event: Event) -> None:
        """See the port."""
        number = zlib.crc32(event.key.encode()) % PARTITIONS
        partitions = [group[number] for (topic, _), group in self._groups.items() if topic == event.topic]
        if not partitions:
            raise BusUnavailable("nobody consumes this topic")
        if any(partition.is_full for partition in partitions):
            raise BusUnavailable("too many events are waiting")
        for partition in partitions:
            partition.append(event)

    async def consume(self, topic: str, group: str, handler: Handler) -> None:
        """See the port."""
        partitions = self._groups.setdefault((topic, group), [_Partition(number) for number in range(PARTITIONS)])
        tasks = [asyncio.ensure_future(self._drain(partition, handler)) for partition in partitions]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def check(self) -> None:
        """See the port. What is in this process is never away."""

    def dead_letters(self, topic: str) -> Sequence[DeadLetter]:
        """The newest letters of a topic of dead letters (`….dlq`), oldest first; empty if there are none."""
        return tuple(self._dead.get(topic, ()))

    async def _drain(self, partition: "_Partition", handler: Handler) -> None:
        while True:
            await partition.filled.wait()
            async with partition.turn:
                if partition.waiting:
                    await self._handle(partition, handler)
                    partition.pop()

    async def _handle(self, partition: "_Partition", handler: Handler) -> None:
        event = partition.waiting[0]
        while True:
            try:
                return await handler(event)
            except RetryLater as later:
                _log.info("%s/%d: retry in %.1f s: %s", event.topic, partition.number, later.delay_s, later.reason)
                await self._sleep(later.delay_s)
            except NeverRetry as never:
                return self._bury(DeadLetter(event, partition.number, partition.offset, never.reason))

    def _bury(self, letter: DeadLetter) -> None:
        topic = f"{letter.event.topic}.dlq"
        self._dead.setdefault(topic, deque(maxlen=_MAX_DEAD)).append(letter)
        _log.error("%s: partition %d offset %d: %s", topic, letter.partition, letter.offset, letter.reason)


class _Partition:
    """Events of some keys in order; `turn` is held by whoever handles the first of them."""

    def __init__(self, number: int) -> None:
        self.number, self.offset = number, 0
        self.waiting: deque[Event] = deque()
        self.filled = asyncio.Event()
        self.turn = asyncio.Lock()

    @property
    def is_full(self) -> bool:
        return len(self.waiting) >= _MAX_WAITING

    def append(self, event: Event) -> None:
        self.waiting.append(event)
        self.filled.set()

    def pop(self) -> None:
        self.waiting.popleft()
        self.offset += 1
        if not self.waiting:
            self.filled.clear()
