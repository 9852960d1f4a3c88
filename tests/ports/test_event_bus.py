"""The port EventBus: at least once, ordered per key, acknowledged after handling."""

import asyncio
import logging

import pytest
from support.buses import BUSES, Seen

from parley.bus.port import NeverRetry, RetryLater


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


@pytest.fixture
def delays():
    return Delays()


@pytest.fixture(params=BUSES)
async def bus(request, delays):
    async with request.param(delays) as opened:
        yield opened


async def test_events_of_a_key_arrive_in_order(bus):
    """What is published under one key is handled in that order, byte for byte."""
    values = [bytes([number]) * number for number in range(50)]
    seen = Seen()
    async with bus.consuming(seen):
        await bus.publish(*values)
        assert await seen.count(50) == values
        assert {(event.topic, event.key) for event in seen.events} == {(bus.topic, "ann")}


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
    async with bus.consuming(handler), bus.consuming(handler):
        await bus.publish(b"1", b"2", b"3", b"last")
        await asyncio.wait_for(done.wait(), 30)
    assert most == 1


async def test_a_retry_comes_before_later_events_and_blocks_no_other_key(bus, delays):
    """An event that is put off comes again first, after its delay, while other partitions go on."""

    def behave(event):
        if event.value == b"1" and len(delays.asked) == 0:
            raise RetryLater("not now", 7.5)

    seen = Seen(behave)
    async with bus.consuming(seen):
        await bus.publish(b"1", b"2")
        await seen.count(1)
        keys = [f"key-{number}" for number in range(64)]
        for key in keys:
            await bus.publish(b"other", key=key)
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
    async with bus.consuming(seen):
        await bus.publish(b"good", poison, b"good too")
        await seen.count(3)
    (letter,) = await bus.dead_letters()
    assert (letter.event.value, letter.event.topic, letter.event.key) == (poison, bus.topic, "ann")
    assert (letter.offset, letter.reason) == (1, "not JSON")
    assert "not JSON" in caplog.text
    assert "secret-content" not in caplog.text


async def test_a_crash_ends_the_consumer_and_loses_nothing(bus):
    """An unexpected error ends `consume` with that error, and the next consumer gets the same event again."""

    def crash(event):
        raise ZeroDivisionError

    async with bus.consuming(Seen(crash)) as task:
        await bus.publish(b"1", b"2")
        with pytest.raises(ZeroDivisionError):
            await asyncio.wait_for(task, 30)
    seen = Seen()
    async with bus.consuming(seen):
        assert await seen.count(2) == [b"1", b"2"]


async def test_each_group_gets_every_event_once(bus):
    """Two groups each see all events, two consumers of one group share them."""
    shared, other = Seen(), Seen()
    async with bus.consuming(shared), bus.consuming(shared), bus.consuming(other, "others"):
        for number in range(40):
            await bus.publish(bytes([number]), key=f"key-{number}")
        await other.count(40)
        await shared.count(40)
    assert sorted(shared.values) == sorted(other.values) == [bytes([n]) for n in range(40)]


async def test_a_bus_that_is_there_says_so(bus):
    """The check returns while the bus answers."""
    await bus.bus.check()
