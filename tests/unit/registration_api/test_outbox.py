"""The relay: at once after a request, again until its end, and through the loss of everything the bus held."""

import asyncio
import logging

import pytest
from support.databases import MovableClock, sqlite
from support.signing_in import SignInSteps

from parley.bus.port import BusUnavailable
from parley.onetimecodes.model import REPUBLISH_MS
from parley.registration_api.outbox import OutboxRelay
from parley.sql.errors import DatabaseUnavailable


class ForgetfulBus:
    """A bus that takes every event and loses it, or is away."""

    def __init__(self) -> None:
        self.taken = []
        self.is_away = False

    async def publish(self, event):
        if self.is_away:
            raise BusUnavailable("away")
        self.taken.append(event)


@pytest.fixture
def clock():
    return MovableClock()


@pytest.fixture
async def steps(tmp_path, clock):
    async with sqlite(tmp_path, clock) as database:
        yield SignInSteps.on(database)


@pytest.fixture
def bus():
    return ForgetfulBus()


@pytest.fixture
def relay(steps, bus):
    return OutboxRelay(steps.codes, bus)


async def test_each_event_is_published_as_it_was_written(relay, steps, bus):
    """Topic, key and bytes of an event are those of the outbox."""
    request_id = await steps.ask("ann@example.org")
    await relay.relay()
    (event,) = bus.taken
    assert (event.topic, event.key, event.value) == ("new-registration", "ann@example.org", request_id.encode())


async def test_nothing_is_lost_with_the_bus(relay, steps, bus, clock):
    """While a request has no end its event is published again every 15 s, however often the bus forgets it."""
    request_id = await steps.ask()
    for times in range(1, 5):
        await relay.relay()
        await relay.relay()
        assert len(bus.taken) == times
        clock.advance(ms=REPUBLISH_MS)
    await steps.deliver(request_id)
    await relay.relay()
    assert len(bus.taken) == 4
    assert len(set(bus.taken)) == 1


async def test_an_absent_bus_is_told_once(relay, steps, bus, caplog):
    """What the bus does not take stays due; the log says so when it begins, and again the next time."""
    await steps.ask()
    bus.is_away = True
    for _ in range(3):
        await relay.relay()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    bus.is_away = False
    await relay.relay()
    assert len(bus.taken) == 1
    bus.is_away = True
    await steps.ask()
    await relay.relay()
    assert len(caplog.records) == 2


async def test_many_events_go_in_one_turn(relay, steps, bus):
    """A backlog is published whole, in order, not a batch a second."""
    asked = [await steps.ask(f"{number}@example.org") for number in range(230)]
    await relay.relay()
    assert [event.value.decode() for event in bus.taken] == asked


async def test_a_batch_is_offered_at_once(relay, steps, bus):
    """All events of a batch are on their way together, so that a bus that is away costs one wait."""
    for number in range(50):
        await steps.ask(f"{number}@example.org")
    everybody = asyncio.Barrier(50)

    async def publish(event):
        await everybody.wait()
        bus.taken.append(event)

    bus.publish = publish
    await asyncio.wait_for(relay.relay(), 10)
    assert len(bus.taken) == 50


async def test_only_what_was_refused_is_offered_again(relay, steps, bus):
    """Of a batch that the bus takes in part, the rest stays due."""
    asked = [await steps.ask(f"{number}@example.org") for number in range(4)]
    refused = {asked[1].encode(), asked[2].encode()}

    async def publish(event):
        if event.value in refused:
            raise BusUnavailable("full")
        bus.taken.append(event)

    bus.publish = publish
    await relay.relay()
    refused.clear()
    await relay.relay()
    assert [event.value.decode() for event in bus.taken] == [asked[0], asked[3], asked[1], asked[2]]


async def test_a_request_wakes_the_relay(relay, steps, bus, monkeypatch):
    """The task publishes at once when it is woken, long before it would look by itself."""
    monkeypatch.setattr("parley.registration_api.outbox.LOOK_EVERY_S", 3600)
    running = asyncio.create_task(relay.run())
    looked = asyncio.Event()
    published, pending = asyncio.Event(), steps.codes.pending_events

    async def watched(limit):
        looked.set()
        return await pending(limit)

    async def publish(event):
        published.set()

    steps.codes.pending_events, bus.publish = watched, publish
    await asyncio.wait_for(looked.wait(), 10)
    await steps.ask()
    relay.wake()
    await asyncio.wait_for(published.wait(), 10)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize("task", ["run", "sweep"])
async def test_an_absent_database_ends_no_task(relay, steps, caplog, task):
    """A database that does not answer is written down, and the task goes on."""
    caplog.set_level(logging.DEBUG)
    called = asyncio.Event()

    async def away(*_):
        called.set()
        raise DatabaseUnavailable

    steps.codes.pending_events = steps.codes.sweep = away
    running = asyncio.create_task(getattr(relay, task)())
    await asyncio.wait_for(called.wait(), 10)
    await asyncio.sleep(0)
    assert not running.done()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert "does not answer" in caplog.text


async def test_the_sweep_ends_overdue_requests(relay, steps, clock):
    """Without any worker a request still comes to its end."""
    request_id = await steps.ask()
    clock.advance(hours=1)
    swept, sweep = asyncio.Event(), steps.codes.sweep

    async def watched():
        await sweep()
        swept.set()

    steps.codes.sweep = watched
    sweeping = asyncio.create_task(relay.sweep())
    await asyncio.wait_for(swept.wait(), 10)
    sweeping.cancel()
    await asyncio.gather(sweeping, return_exceptions=True)
    assert (await steps.codes.find(request_id, "browser-1")).state == "expired"
