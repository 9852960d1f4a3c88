"""The port EventBus: at least once, ordered per key, acknowledged after handling."""

import asyncio
import logging
from contextlib import asynccontextmanager

import pytest

from parley.bus.inprocess import InProcessBus
from parley.bus.port import BusUnavailable, Event, NeverRetry, RetryLater

TOPIC = "new-registration"


class Delays:
    """Stands in for time: a delay is noted, and over as soon as `release` is called."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self._over = asyncio.Event()

    def release(self) -> None:
        self._over.set()

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        await self._over.wait()


ADAPTERS = {"inprocess": InProcessBus}


@pytest.fixture
def delays():
    return Delays()


@pytest.fixture(params=ADAPTERS.values(), ids=ADAPTERS)
def bus(request, delays):
    return request.param(delays)


class Seen:
    """A handler that notes what it gets; `behave` decides how it ends."""

    def __init__(self, behave=lambda event: None) -> None:
        self.events: list[Event] = []
        self._behave = behave
        self._grown = asyncio.Condition()

    async def __call__(self, event: Event) -> None:
        async with self._grown:
            self.events.append(event)
            self._grown.notify_all()
        self._behave(event)

    async def count(self, number: int) -> list[bytes]:
        async with asyncio.timeout(10), self._grown:
            await self._grown.wait_for(lambda: len(self.events) >= number)
        return [event.value for event in self.events]


@asynccontextmanager
async def consuming(bus, handler, group="workers"):
    task = asyncio.create_task(bus.consume(TOPIC, group, handler))
    await asyncio.sleep(0)
    yield task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def publish(bus, *values, key="ann"):
    for value in values:
        await bus.publish(Event(TOPIC, key, value))


async def test_events_of_a_key_arrive_in_order(bus):
    """What is published under one key is handled in that order, byte for byte."""
    values = [bytes([number]) * number for number in range(50)]
    seen = Seen()
    async with consuming(bus, seen):
        await publish(bus, *values)
        assert await seen.count(50) == values
        assert {(event.topic, event.key) for event in seen.events} == {(TOPIC, "ann")}


async def test_one_event_of_a_key_at_a_time(bus):
    """The next event of a key waits until the handler is done with the one before."""
    running, most = 0, 0

    async def handler(event):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        if event.value == b"last":
            done.set()

    done = asyncio.Event()
    async with consuming(bus, handler), consuming(bus, handler):
        await publish(bus, b"1", b"2", b"3", b"last")
        await asyncio.wait_for(done.wait(), 10)
    assert most == 1


async def test_a_retry_comes_before_later_events_and_blocks_no_other_key(bus, delays):
    """An event that is put off comes again first, after its delay, while other partitions go on."""

    def behave(event):
        if event.value == b"1" and len(delays.asked) == 0:
            raise RetryLater("not now", 7.5)

    seen = Seen(behave)
    async with consuming(bus, seen):
        await publish(bus, b"1", b"2")
        await seen.count(1)
        keys = [f"key-{number}" for number in range(64)]
        for key in keys:
            await publish(bus, b"other", key=key)
        await seen.count(1 + 40)
        assert b"2" not in [event.value for event in seen.events]
        delays.release()
        await seen.count(1 + 64 + 2)
    assert delays.asked == [7.5]
    assert [event.value for event in seen.events if event.key == "ann"] == [b"1", b"1", b"2"]


async def test_poison_goes_to_the_dead_letters_and_blocks_nothing(bus, caplog):
    """A hopeless event is kept byte for byte with its place and reason, unread by any log; the next one is handled."""
    caplog.set_level(logging.DEBUG)
    poison = b"\xff\x00secret-content"

    def behave(event):
        if event.value == poison:
            raise NeverRetry("not JSON")

    seen = Seen(behave)
    async with consuming(bus, seen):
        await publish(bus, b"good", poison, b"good too")
        await seen.count(3)
    (letter,) = bus.dead_letters(f"{TOPIC}.dlq")
    assert (letter.event.value, letter.event.topic, letter.event.key) == (poison, TOPIC, "ann")
    assert (letter.offset, letter.reason) == (1, "not JSON")
    assert "not JSON" in caplog.text
    assert "secret-content" not in caplog.text


async def test_a_crash_ends_the_consumer_and_loses_nothing(bus):
    """An unexpected error ends `consume` with that error, and the next consumer gets the same event again."""

    def crash(event):
        raise ZeroDivisionError

    async with consuming(bus, Seen(crash)) as task:
        await publish(bus, b"1", b"2")
        with pytest.raises(ZeroDivisionError):
            await asyncio.wait_for(task, 10)
    seen = Seen()
    async with consuming(bus, seen):
        assert await seen.count(2) == [b"1", b"2"]


async def test_each_group_gets_every_event_once(bus):
    """Two groups each see all events, two consumers of one group share them."""
    first, second, other = Seen(), Seen(), Seen()
    async with consuming(bus, first), consuming(bus, second), consuming(bus, other, "others"):
        for number in range(40):
            await publish(bus, bytes([number]), key=f"key-{number}")
        await other.count(40)
        await asyncio.sleep(0)
    assert sorted(event.value for event in first.events + second.events) == [bytes([n]) for n in range(40)]


async def test_publishing_without_a_consumer_is_refused(bus):
    """The bus takes no responsibility for what nobody would handle."""
    with pytest.raises(BusUnavailable):
        await publish(bus, b"1")


async def test_a_full_partition_refuses(bus):
    """A consumer that hangs fills its partition up to a bound; then publishing is refused instead of growing."""
    hanging = asyncio.Event()
    async with consuming(bus, lambda event: hanging.wait()):
        with pytest.raises(BusUnavailable):
            await publish(bus, *[b"x"] * 20_000)
