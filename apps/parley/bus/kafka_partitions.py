"""One partition of a consumer: its records in order, each until it has come to its end, and then the commit.

What the handler does with a record (`in_hand`) goes on for a moment when the partition is taken away, so that an
ordinary rebalance or stop repeats nothing. Next: `kafka_consumer.py`, which partitions are ours.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition  # type: ignore[import-untyped]
from aiokafka.errors import CommitFailedError, IllegalStateError  # type: ignore[import-untyped]

from parley.bus.kafka_link import AWAY, DEAD_LETTERS
from parley.bus.kafka_producer import Headers
from parley.bus.port import BusUnavailable, Event, Handler, NeverRetry, RetryLater

_LETTER_AGAIN_S = 1.0

_log = logging.getLogger("parley.bus")

Sleep = Callable[[float], Awaitable[None]]
Send = Callable[[str, bytes | None, bytes | None, Headers], Awaitable[None]]


class Broken(Exception):
    """The driver has given up; a new consumer has to begin where the last commit was."""


class Revoked(Exception):
    """The partition is no longer ours; whoever has it now begins where the last commit was."""


class Commits:
    """Commits of one sharing-out: those that become due while another is under way go together after it."""

    def __init__(self, consumer: Any) -> None:
        self._consumer = consumer
        self._due: dict[TopicPartition, int] = {}
        self._turn = asyncio.Lock()

    async def commit(self, place: TopicPartition, offset: int) -> None:
        """Return when the group goes on at `offset` there. Raises Revoked or Broken."""
        self._due[place] = offset
        async with self._turn:
            due, self._due = self._due, {}
            try:
                if due:
                    await self._consumer.commit(due)
            except (CommitFailedError, IllegalStateError) as error:
                raise Revoked from error
            except AWAY as error:
                raise Broken(str(error)) from error


@dataclass(frozen=True)
class Work:
    """What is done with records: `handler` gets each, `send` writes a dead letter, `sleep` waits for a retry."""

    handler: Handler
    send: Send
    sleep: Sleep


class Partition:
    """Handles what one partition holds, as long as it is ours. `consumer` is the driver's."""

    def __init__(self, consumer: Any, commits: Commits, place: TopicPartition, work: Work) -> None:
        self._consumer, self._commits, self._place, self._work = consumer, commits, place, work
        self.in_hand: asyncio.Task[float | None] | None = None

    async def run(self) -> None:
        """Go on until cancelled. Raises Revoked, Broken, or what the handler raised and nobody expected."""
        while True:
            record = await self._next()
            while (delay_s := await self._try(record)) is not None:
                await self._work.sleep(delay_s)

    async def _next(self) -> ConsumerRecord:
        try:
            return await self._consumer.getone(self._place)
        except AWAY as error:
            raise Broken(str(error)) from error

    async def _try(self, record: ConsumerRecord) -> float | None:
        self.in_hand = asyncio.create_task(self._bring_to_its_end(record))
        try:
            return await asyncio.shield(self.in_hand)
        except asyncio.CancelledError:
            # Nobody but us may end us, or the partition would stand still unnoticed.
            if self.in_hand.cancelled() and not _is_being_cancelled():
                raise RuntimeError("the handler was cancelled from within") from None
            raise

    async def _bring_to_its_end(self, record: ConsumerRecord) -> float | None:
        try:
            await self._work.handler(_event(record))
        except RetryLater as later:
            _log.info("%s/%d: retry in %.1f s: %s", record.topic, record.partition, later.delay_s, later.reason)
            return later.delay_s
        except NeverRetry as never:
            await self._bury(record, never.reason)
        await self._commits.commit(self._place, record.offset + 1)
        return None

    async def _bury(self, record: ConsumerRecord, reason: str) -> None:
        topic = f"{record.topic}{DEAD_LETTERS}"
        # The driver sends no record without both; an empty value is as near as one comes.
        value = b"" if record.key is None and record.value is None else record.value
        while True:
            try:
                await self._work.send(topic, record.key, value, [*record.headers, *_place_and_reason(record, reason)])
                break
            except BusUnavailable as away:
                _log.warning("%s cannot be written, partition %d waits: %s", topic, record.partition, away)
                await asyncio.sleep(_LETTER_AGAIN_S)
        _log.error("%s: partition %d offset %d: %s", topic, record.partition, record.offset, reason)


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _event(record: ConsumerRecord) -> Event:
    if record.value is None:
        raise NeverRetry("it has no value")
    try:
        return Event(record.topic, (record.key or b"").decode(), record.value)
    except UnicodeDecodeError:
        raise NeverRetry("its key is not UTF-8") from None


def _place_and_reason(record: ConsumerRecord, reason: str) -> Headers:
    told = {"topic": record.topic, "partition": record.partition, "offset": record.offset, "reason": reason}
    return [(name, str(value).encode()) for name, value in told.items()]
