"""The event bus over Kafka: publishing is acknowledged by all replicas, consuming by a commit after the handler's end.

Kafka keeps what nobody consumes yet, so publishing needs no consumer here. While it is away publishing is refused
within seconds, and consuming waits. Why it is so: `docs/decisions/0009-kafka-at-least-once.md`. Next:
`kafka_producer.py`, `kafka_consumer.py`.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from parley.bus.kafka_consumer import attend
from parley.bus.kafka_link import ANSWERS_WITHIN_S, AWAY, DEAD_LETTERS, KafkaLink
from parley.bus.kafka_partitions import Broken, Sleep, Work
from parley.bus.kafka_producer import KafkaProducer
from parley.bus.kafka_urls import read_kafka
from parley.bus.port import BusUnavailable, Event, Handler
from parley.configuration import ConfigurationError

_LONGEST_PAUSE_S = 5.0

_log = logging.getLogger("parley.bus")


@asynccontextmanager
async def open_kafka_bus(
    url: str, sleep: Sleep = asyncio.sleep, *, patience_s: float = ANSWERS_WITHIN_S
) -> AsyncIterator["KafkaBus"]:
    """The bus behind a URL, connected when it is first used. Raises ConfigurationError for a URL that is none."""
    try:
        link = KafkaLink(read_kafka(url), patience_s)
    except ValueError as error:
        raise ConfigurationError(f"BUS_URL: {error}.") from None
    # The driver writes a line for each attempt, several a second; whoever looks after `check` writes one in all.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    producer = KafkaProducer(link)
    try:
        yield KafkaBus(link, producer, sleep)
    finally:
        await producer.close()


class KafkaBus:
    """See the port. `sleep` waits until an event that was put off is due."""

    def __init__(self, link: KafkaLink, producer: KafkaProducer, sleep: Sleep) -> None:
        self._link, self._producer, self._sleep = link, producer, sleep

    async def publish(self, event: Event) -> None:
        """See the port. Returns when every replica that keeps up has the event."""
        await self._producer.send(event.topic, event.key.encode(), event.value)

    async def check(self) -> None:
        """See the port."""
        await self._producer.check()

    async def consume(self, topic: str, group: str, handler: Handler) -> None:
        """See the port. When cancelled, handlers may finish what they have in hand within FINISH_S."""
        work, pause_s, told = Work(handler, self._producer.send, self._sleep), 0.0, ""
        while True:
            try:
                await self._prepare(topic)
                pause_s = 0.0
                await attend(self._link, topic, group, work)
            except Broken as broken:
                if told != (told := str(broken)):
                    _log.info("%s is not consumed at the moment: %s", topic, told)
            pause_s = min(_LONGEST_PAUSE_S, max(0.5, 2 * pause_s))
            await asyncio.sleep(random.uniform(pause_s / 2, pause_s))  # noqa: S311 -- spreads, protects nothing

    async def _prepare(self, topic: str) -> None:
        try:
            await self._link.create_missing(topic, f"{topic}{DEAD_LETTERS}")
        except (BusUnavailable, *AWAY) as error:
            raise Broken(str(error)) from error
