"""Dead letters over Kafka: every byte, where it stood and why, and in which order that becomes true."""

import asyncio
import random

import pytest
from support.buses import Seen, over_kafka
from support.kafka import change, create, headers, lag, new_topic, put, records, settings_of

from parley.bus.kafka import KafkaBus
from parley.bus.port import Event, NeverRetry

pytestmark = pytest.mark.engine

POISON = b"\xff\x00"
LARGEST = 1024 * 1024 - 100
"""Bytes of the largest value that a broker takes by default, with its key; there is no room for headers."""


@pytest.fixture
async def bus():
    async with over_kafka() as opened:
        yield opened


def refuse_poison(event):
    if event.value.startswith(POISON):
        raise NeverRetry("it begins with 0xff")


async def acknowledged(bus):
    """Return when the group has acknowledged everything; nobody signals that."""
    async with asyncio.timeout(60):
        while await lag(bus.topic, "workers"):
            await asyncio.sleep(0.2)


async def letters(bus):
    return [(record.key, record.value, headers(record)) for record in await records(f"{bus.topic}.dlq")]


async def test_a_hundred_among_a_thousand(bus):
    """All poison is kept byte for byte with its place, everything else is handled, and nothing is left over."""
    chance = random.Random(5)
    values = [POISON + chance.randbytes(200) if number % 11 == 0 else b"%d" % number for number in range(1100)]
    seen = Seen(refuse_poison)
    async with bus.consuming(seen):
        for begin in range(0, 1100, 100):
            some = enumerate(values[begin : begin + 100], begin)
            await asyncio.gather(*(bus.publish(value, key=f"key-{number % 40}") for number, value in some))
        await seen.count(1100, within_s=120)
        await acknowledged(bus)
    assert sorted(seen.values) == sorted(values)
    found = await letters(bus)
    source = {(it.partition, it.offset): (it.key, it.value) for it in await records(bus.topic)}
    assert len(found) == 100
    for key, value, told in found:
        assert source.pop((told["partition"], told["offset"])) == (key, value)
        assert (told["topic"], told["reason"]) == (bus.topic, "it begins with 0xff")
    assert not [value for _, value in source.values() if value.startswith(POISON)]


async def test_the_largest_event_has_room_for_a_reason(bus):
    """Poison that is as large as a record may be becomes a letter too, although its headers make it larger."""
    value = POISON + random.randbytes(LARGEST)
    async with bus.consuming(Seen(refuse_poison)):
        await bus.publish(value)
        await acknowledged(bus)
    ((key, kept, _),) = await letters(bus)
    assert (key, kept == value) == (b"ann", True)


async def test_what_no_program_of_ours_wrote(bus):
    """A key that is no text and a missing value are dead letters, a missing key is empty; the next event is handled."""
    seen = Seen()
    async with bus.consuming(seen):
        await bus.publish(b"first")
        await put(bus.topic, (None, b"no key"), (b"\xff\xfe", b"no text"), (b"no value", None))
        await bus.publish(b"last")
        await seen.count(3)
        await acknowledged(bus)
    assert sorted((event.key, event.value) for event in seen.events) == [
        ("", b"no key"), ("ann", b"first"), ("ann", b"last")
    ]  # fmt: skip
    found = sorted((key, value, told["reason"]) for key, value, told in await letters(bus))
    assert found == [(b"no value", None, "it has no value"), (b"\xff\xfe", b"no text", "its key is not UTF-8")]


class DiesAfterTheLetter:
    """A producer of a process that ends as soon as a dead letter has been taken."""

    def __init__(self, producer) -> None:
        self._producer = producer

    async def send(self, topic, *record):
        await self._producer.send(topic, *record)
        if topic.endswith(".dlq"):
            raise ZeroDivisionError


async def test_a_crash_between_letter_and_acknowledgement(bus):
    """The letter comes first: after a crash it is written twice, and never is poison acknowledged without one."""
    dying = KafkaBus(bus.bus._link, DiesAfterTheLetter(bus.bus._producer), asyncio.sleep)
    await bus.publish(POISON, b"good")
    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(dying.consume(bus.topic, "workers", Seen(refuse_poison)), 60)
    assert await lag(bus.topic, "workers") == 2
    seen = Seen(refuse_poison)
    async with bus.consuming(seen):
        assert await seen.count(2) == [POISON, b"good"]
        await acknowledged(bus)
    first, second = await letters(bus)
    assert first == second


async def test_without_a_letter_the_partition_waits(bus, caplog):
    """While a dead letter cannot be written its partition waits, the others go on, and nothing is lost."""
    letters_topic = f"{bus.topic}.dlq"
    await create(letters_topic, 1, max_message_bytes=100)
    poison, seen = POISON + random.randbytes(200), Seen(refuse_poison)
    async with bus.consuming(seen):
        await bus.publish(poison, b"next")
        async with asyncio.timeout(60):
            while "cannot be written" not in caplog.text:
                await asyncio.sleep(0.05)
        keys = [f"key-{number}" for number in range(30)]
        for key in keys:
            await bus.publish(b"other", key=key)
        await seen.count(1 + 15)
        assert b"next" not in seen.values
        await change(letters_topic, max_message_bytes=1000)
        await seen.count(1 + 30 + 1, within_s=60)
        await acknowledged(bus)
    assert [(key, value) for key, value, _ in await letters(bus)] == [(b"ann", poison)]


async def test_topics_are_made_as_they_are_meant(bus):
    """A missing topic gets six partitions and ten minutes, its dead letters a week; one that is there is left alone."""
    await bus.publish(b"1")
    async with bus.consuming(seen := Seen()):
        await seen.count(1)
    made, dead = await settings_of(bus.topic), await settings_of(f"{bus.topic}.dlq")
    assert (made["partitions"], made["retention.ms"], made["segment.ms"]) == (6, "600000", "300000")
    assert (dead["partitions"], dead["retention.ms"]) == (1, str(7 * 24 * 3600 * 1000))
    other = new_topic()
    await create(other, 2)
    await bus.bus.publish(Event(other, "ann", b"1"))
    assert (await settings_of(other))["partitions"] == 2
