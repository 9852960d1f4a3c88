"""The one producer of a process: connected when it is first needed, and again after it has failed.

It is idempotent, so what the driver repeats is stored once and in order. What was not acknowledged in time may still be
stored later; whoever asked was told so and publishes it again.
"""

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer  # type: ignore[import-untyped]

from parley.bus.kafka_link import AWAY, LARGEST, KafkaLink, milliseconds
from parley.bus.port import BusUnavailable
from parley.configuration import ConfigurationError

_REQUEST_S = 5.0
_PAUSE_S = 0.5
"""How long a failed attempt to connect speaks for all who ask, so that a whole batch makes one attempt."""

_CLOSE_S = 1.0

Headers = Sequence[tuple[str, bytes]]


class KafkaProducer:
    """Sends records one after another and waits for all of them at once."""

    def __init__(self, link: KafkaLink) -> None:
        self._link = link
        self._turn = asyncio.Lock()
        self._opening: asyncio.Task[AIOKafkaProducer] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._there: set[str] = set()

    async def send(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers = ()) -> None:
        """Return when the brokers have stored the record. Raises BusUnavailable within the patience of the link."""
        try:
            async with asyncio.timeout(self._link.patience_s):
                await self._send(topic, key, value, headers)
        except TimeoutError:
            # It may be that Kafka has come back without its topics.
            self._there.clear()
            raise BusUnavailable("Kafka did not store the event in time") from None
        except ConfigurationError as error:
            raise BusUnavailable(str(error)) from None

    async def check(self) -> None:
        """Return when a broker answers. Raises BusUnavailable or ConfigurationError within the patience of the link."""
        try:
            async with asyncio.timeout(self._link.patience_s):
                producer = await self._connected()
                if not await producer.client.force_metadata_update():
                    raise await self._link.why()
        except TimeoutError:
            raise BusUnavailable("Kafka does not answer in time") from None

    async def close(self) -> None:
        """End every connection. What is not stored within a second is given up."""
        opening, self._opening = self._opening, None
        if opening is not None and not opening.done():
            opening.cancel()
        elif opening is not None and not opening.cancelled() and opening.exception() is None:
            self._let_go(opening.result())
        await asyncio.gather(*([opening] if opening else []), *self._closing, return_exceptions=True)

    async def _send(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        # In a line, so that events of a key are handed over in the order in which they were published.
        async with self._turn:
            producer = await self._connected()
            try:
                await self._expect(topic)
                stored = await producer.send(topic, value, key, headers=list(headers))
            except AWAY as error:
                self._fail(producer)
                raise BusUnavailable(f"Kafka did not take the event: {error}") from None
        try:
            await stored
        except AWAY as error:
            self._fail(producer)
            raise BusUnavailable(f"Kafka did not store the event: {error}") from None

    async def _expect(self, topic: str) -> None:
        if topic not in self._there:
            await self._link.create_missing(topic)
            self._there.add(topic)

    async def _connected(self) -> AIOKafkaProducer:
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())
            self._opening.add_done_callback(self._opened)
        # The attempt goes on without whoever has no time left.
        return await asyncio.shield(self._opening)

    async def _open(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            enable_idempotence=True,
            max_request_size=LARGEST,
            request_timeout_ms=milliseconds(_REQUEST_S),
            **self._link.arguments,
        )
        try:
            await producer.start()
        except AWAY:
            await producer.stop()
            raise await self._link.why() from None
        except asyncio.CancelledError:
            await producer.stop()
            raise
        return producer

    def _opened(self, opening: "asyncio.Task[AIOKafkaProducer]") -> None:
        if not opening.cancelled() and opening.exception():
            asyncio.get_running_loop().call_later(_PAUSE_S, self._forget, opening)

    def _forget(self, opening: "asyncio.Task[AIOKafkaProducer]") -> None:
        if self._opening is opening:
            self._opening = None

    def _fail(self, producer: AIOKafkaProducer) -> None:
        # After a record that was not stored its sequence has a gap, and no broker would take anything more from it.
        opening = self._opening
        if opening is not None and opening.done() and not opening.exception() and opening.result() is producer:
            self._opening = None
            self._there.clear()
            self._let_go(producer)

    def _let_go(self, producer: AIOKafkaProducer) -> None:
        closing = asyncio.create_task(_close(producer))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)


async def _close(producer: AIOKafkaProducer) -> None:
    try:
        async with asyncio.timeout(_CLOSE_S):
            await producer.flush()
            await producer.stop()
    except TimeoutError:
        # It would wait for Kafka as long as it takes.
        await _abandon(producer)


async def _abandon(producer: AIOKafkaProducer) -> None:
    """Give up what is not stored, and leave no task and no connection behind."""
    producer._closed = True
    sending = producer._sender.sender_task
    while not sending.done():
        # Told once it waits for what is under way, told again it ends that too.
        sending.cancel()
        await asyncio.wait({sending}, timeout=_CLOSE_S)
    await producer.client.close()
