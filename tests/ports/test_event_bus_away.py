"""What the bus over Kafka does while the broker is absent, hangs, crashes, or cannot be reached."""

import asyncio
from contextlib import ExitStack

import pytest
from support.buses import Seen, over_kafka
from support.kafka import NOBODY, broker, delete, is_back
from support.relaying import Relay

from parley.bus.kafka_link import ANSWERS_WITHIN_S
from parley.bus.port import BusUnavailable

pytestmark = pytest.mark.engine


@pytest.fixture(autouse=True)
async def leave_a_working_broker():
    """The next test finds the broker at work."""
    yield
    await is_back()


@pytest.fixture
async def relay():
    """The way to the broker, not open yet."""
    made = Relay("127.0.0.1", broker().behind_relay, broker().ports["RELAYED"])
    yield made
    await made.cut()


def impatient(url=""):
    """A bus that counts the broker as away as soon as it does for those who sign in."""
    return over_kafka(url=url, patience_s=ANSWERS_WITHIN_S)


async def insist(act, *arguments):
    """Do it again until the bus is there, as the relay of the outbox does."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await act(*arguments)
            except BusUnavailable:
                await asyncio.sleep(0.05)


async def refuse_a_batch(bus):
    """A hundred publications at once are refused; one after another they would take minutes."""
    async with asyncio.timeout(30):
        outcomes = await asyncio.gather(*(bus.publish(b"refused") for _ in range(100)), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {BusUnavailable}
    with pytest.raises(BusUnavailable):
        await bus.bus.check()


async def test_an_absent_broker_is_waited_for(relay):
    """The bus opens without a broker, refuses what is published, and consumes as soon as there is one."""
    seen = Seen()
    async with impatient(url=broker().url("RELAYED")) as bus, bus.consuming(seen) as task:
        await refuse_a_batch(bus)
        await relay.restore()
        await insist(bus.publish, b"1")
        assert set(await seen.count(1, within_s=60)) == {b"1"}
        await insist(bus.bus.check)
        assert not task.done()


async def test_a_cut_connection_is_made_again(relay):
    """After the network comes back, publishing and consuming go on by themselves."""
    await relay.restore()
    seen = Seen()
    async with impatient(url=broker().url("RELAYED")) as bus, bus.consuming(seen):
        await insist(bus.publish, b"before")
        await seen.count(1)
        await relay.cut()
        with pytest.raises(BusUnavailable):
            await bus.publish(b"refused")
        await relay.restore()
        await insist(bus.publish, b"after")
        await seen.until(lambda: b"after" in seen.values, within_s=60)
    assert seen.values[0] == b"before"
    assert set(seen.values) <= {b"before", b"refused", b"after"}


async def test_a_hanging_broker_is_told_in_time():
    """A broker that takes connections and says nothing refuses a whole batch in one wait, and is used again later."""
    seen = Seen()
    async with impatient() as bus, bus.consuming(seen):
        await insist(bus.publish, b"before")
        await seen.count(1)
        with broker().paused():
            await refuse_a_batch(bus)
        await insist(bus.publish, b"after")
        await insist(bus.bus.check)
        await seen.until(lambda: b"after" in seen.values, within_s=60)


async def test_a_broker_that_crashes_loses_nothing_acknowledged():
    """Every event that was taken before and after a crash of the broker is handled, in order."""
    seen = Seen()
    async with impatient() as bus, bus.consuming(seen) as task:
        for number in range(20):
            await insist(bus.publish, b"%d" % number)
        broker().kill()
        try:
            with pytest.raises(BusUnavailable):
                await bus.publish(b"refused")
        finally:
            broker().start()
        for number in range(20, 40):
            await insist(bus.publish, b"%d" % number)
        await seen.until(lambda: b"39" in seen.values, within_s=60)
        assert not task.done()
    first = dict.fromkeys(value for value in seen.values if value != b"refused")
    assert list(first) == [b"%d" % number for number in range(40)]


async def test_a_broker_that_has_lost_everything_is_used_again():
    """Topics that are lost while they are in use are made anew by whoever publishes, and consumed."""
    seen = Seen()
    async with impatient() as bus, bus.consuming(seen) as task:
        await insist(bus.publish, b"before")
        await seen.count(1)
        await delete(bus.topic, f"{bus.topic}.dlq")
        await insist(bus.publish, b"after")
        await seen.until(lambda: b"after" in seen.values, within_s=60)
        assert not task.done()


async def test_closing_waits_for_no_broker():
    """A bus without a broker stops consuming and closes."""
    async with asyncio.timeout(30), impatient(url=NOBODY) as bus, bus.consuming(Seen()):
        with pytest.raises(BusUnavailable):
            await bus.publish(b"1")


async def test_closing_waits_for_no_hanging_broker():
    """A bus whose broker hangs while it consumes and publishes stops and closes, and tries to send nothing more."""
    seen = Seen()
    with ExitStack() as until_closed:
        async with asyncio.timeout(60), impatient() as bus, bus.consuming(seen):
            await insist(bus.publish, b"1")
            await seen.count(1)
            until_closed.enter_context(broker().paused())
            with pytest.raises(BusUnavailable):
                await bus.publish(b"2")
    assert not [task for task in asyncio.all_tasks() if "Sender" in task.get_coro().__qualname__]
