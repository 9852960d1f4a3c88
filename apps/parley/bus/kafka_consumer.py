"""One stay of this process in a consumer group, from joining it to leaving it.

Whenever the group shares its partitions out anew, all of them are let go first: what is in hand comes to its end and is
committed, or is cut off and handled again by whoever gets the partition. Next: `kafka_partitions.py`.
"""

import asyncio
import logging
from collections.abc import Collection
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition  # type: ignore[import-untyped]
from aiokafka.abc import ConsumerRebalanceListener  # type: ignore[import-untyped]

from parley.bus.kafka_link import AWAY, KafkaLink, milliseconds
from parley.bus.kafka_partitions import Broken, Commits, Partition, Revoked, Work
from parley.bus.port import RetryLater

FINISH_S = 5.0
"""How long a handler may go on with what it has in hand when the partition or the process ends."""

_HEARTBEAT_S = 1.0
"""Also how long the others wait for us when somebody joins or leaves."""

_SESSION_S = 10.0
"""A process that was killed holds its partitions up for so long."""

_REBALANCE_S = 10.0
"""More than a heartbeat and FINISH_S, so that nobody is thrown out for finishing."""

_REQUEST_S = 12.0
"""More than _REBALANCE_S, because joining is one request."""

_WAIT_S = 0.25
"""How long a broker holds a question for new records back; a partition with nothing new can delay another so long."""

_METADATA_S = 15.0
"""How long it takes to notice that a topic has got other partitions, or was lost and made anew."""

_POLL_S = 5.0
_CLOSE_S = 5.0

_log = logging.getLogger("parley.bus")


class Stay(ConsumerRebalanceListener):  # type: ignore[misc]
    """A consumer and the partitions that are ours at the moment."""

    def __init__(self, consumer: Any, topic: str, work: Work) -> None:
        self._consumer, self._topic, self._work = consumer, topic, work
        self._running: dict[asyncio.Task[None], Partition] = {}
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._is_over = False

    async def run(self) -> None:
        """Consume until cancelled. Raises Broken, or what a handler raised and nobody expected."""
        self._consumer.subscribe([self._topic], listener=self)
        polling = asyncio.create_task(self._poll())
        try:
            await asyncio.wait({polling, self._failed}, return_when=asyncio.FIRST_COMPLETED)
            (self._failed if self._failed.done() else polling).result()
        finally:
            polling.cancel()
            self._is_over = True
            await self._let_go()
            await asyncio.gather(polling, return_exceptions=True)
            await _close(self._consumer)

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Begin with each. The driver has found where the last commit was."""
        if not self._is_over:
            commits = Commits(self._consumer)
            for place in assigned:
                partition = Partition(self._consumer, commits, place, self._work)
                task = asyncio.create_task(partition.run())
                self._running[task] = partition
                task.add_done_callback(self._ended)

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Return when none of them is worked on; only then the group goes on."""
        await self._let_go()

    async def _poll(self) -> None:
        """Start, and stay a member however long every partition is busy; the driver tells its troubles here."""
        nowhere = TopicPartition(self._topic, -1)
        try:
            await self._consumer.start()
            while True:
                await self._consumer.getmany(nowhere, timeout_ms=milliseconds(_POLL_S))
                # Nothing else would notice that its other half has died.
                if self._consumer._fetcher.error_future.done():
                    self._consumer._fetcher.error_future.result()
        except AWAY as error:
            raise Broken(str(error)) from error

    async def _let_go(self) -> None:
        running, self._running = self._running, {}
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        in_hand = {it.in_hand for it in running.values() if it.in_hand is not None}
        if in_hand:
            await asyncio.wait(in_hand, timeout=FINISH_S)
        for work in in_hand:
            work.cancel()
        for outcome in await asyncio.gather(*in_hand, return_exceptions=True):
            self._note(outcome)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled():
            self._note(task.exception())

    def _note(self, outcome: object) -> None:
        match outcome:
            case Revoked() | RetryLater() | asyncio.CancelledError():
                pass
            case Broken() if self._is_over:
                pass
            case BaseException() if not self._failed.done():
                self._failed.set_exception(outcome)


async def attend(link: KafkaLink, topic: str, group: str, work: Work) -> None:
    """Join the group and consume until cancelled. Raises Broken, or what a handler raised and nobody expected."""
    consumer = AIOKafkaConsumer(
        group_id=group,
        enable_auto_commit=False,
        # A commit that has aged away means that something may have been missed, and nothing may.
        auto_offset_reset="earliest",
        fetch_max_wait_ms=milliseconds(_WAIT_S),
        heartbeat_interval_ms=milliseconds(_HEARTBEAT_S),
        session_timeout_ms=milliseconds(_SESSION_S),
        rebalance_timeout_ms=milliseconds(_REBALANCE_S),
        request_timeout_ms=milliseconds(_REQUEST_S),
        metadata_max_age_ms=milliseconds(_METADATA_S),
        **link.arguments,
    )
    await Stay(consumer, topic, work).run()


async def _close(consumer: Any) -> None:
    """Leave the group and end the connections; a Kafka that is away is not waited for."""
    try:
        async with asyncio.timeout(_CLOSE_S):
            await consumer.stop()
    except AWAY as error:
        _log.info("the group was not left in order: %s", error)
        await consumer._client.close()
