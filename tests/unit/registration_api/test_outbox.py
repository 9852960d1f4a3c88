"""The relay: at once what is offered, again until its end, and through the loss of everything the bus held."""

import asyncio
import logging
from contextlib import asynccontextmanager

import pytest
from support.databases import MovableClock, sqlite
from support.signing_in import SignInSteps

from parley.bus.port import BusUnavailable
from parley.onetimecodes.model import OFFER_MS, REPUBLISH_MS
from parley.registration_api.outbox import LOOK_EVERY_S, OutboxRelay
from parley.sql.errors import DatabaseUnavailable


class ForgetfulBus:
    """A bus that takes every event and loses it, or is away."""

    def __init__(self) -> None:
        self.taken = []
        self.is_away = False
        self.asked = asyncio.Event()

    async def publish(self, event):
        self.asked.set()
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


@asynccontextmanager
async def running(step):
    """A task of the relay, while the block runs."""
    task = asyncio.create_task(step())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def offered(relay, steps, bus):
    """A request whose event was offered to a bus that has answered."""
    request_id = await steps.ask()
    (event,) = await steps.codes.pending_events(1)
    bus.asked.clear()
    async with running(relay.run):
        relay.offer(event)
        await asyncio.wait_for(bus.asked.wait(), 10)
        await asyncio.sleep(0)
    return request_id, event


async def test_an_offer_is_published_at_once(relay, steps, bus):
    """What a request hands over is published as it is, without a look at the outbox."""
    steps.codes.mark_published = None
    request_id, event = await offered(relay, steps, bus)
    (taken,) = bus.taken
    assert (taken.topic, taken.key, taken.value) == (event.topic, event.key, request_id.encode())


async def test_what_was_offered_is_noted_and_not_published_twice(relay, steps, bus, clock):
    """A published offer is noted by the next look, and then due only after a while, for every replica."""
    await offered(relay, steps, bus)
    await relay.relay()
    other = OutboxRelay(steps.codes, bus)
    clock.advance(ms=OFFER_MS)
    await relay.relay()
    await other.relay()
    assert len(bus.taken) == 1
    clock.advance(ms=REPUBLISH_MS)
    await other.relay()
    assert len(bus.taken) == 2


async def test_each_publication_is_noted_once(relay, steps, bus):
    """What is noted while another event is on its way is noted once, and so is that event."""
    for number in range(2):
        await steps.ask(f"{number}@example.org")
    first, second = await steps.codes.pending_events(2)
    noted, publish, goes_on = [], bus.publish, asyncio.Event()

    async def note(ids):
        noted.append(list(ids))

    async def publish_slowly(event):
        await publish(event)
        if event.value == second.payload:
            await goes_on.wait()

    steps.codes.mark_published, bus.publish = note, publish_slowly
    async with running(relay.run), asyncio.timeout(30):
        for event in (first, second):
            bus.asked.clear()
            relay.offer(event)
            await bus.asked.wait()
            await asyncio.sleep(0)
        await relay.relay()
        goes_on.set()
        while len(noted) < 2:
            await relay.relay()
    assert noted == [[first.event_id], [second.event_id]]


async def test_another_replica_publishes_what_one_has_left(relay, steps, bus, clock):
    """An event whose publication nobody has noted is left to its replica for a while, and then published by any."""
    await steps.ask()
    await relay.relay()
    clock.advance(ms=OFFER_MS - 1)
    await relay.relay()
    assert bus.taken == []
    clock.advance(ms=1)
    await relay.relay()
    assert len(bus.taken) == 1


async def test_a_note_that_fails_costs_a_repetition(relay, steps, bus, clock):
    """A publication that could not be noted is repeated, and noted then."""
    await offered(relay, steps, bus)
    mark = steps.codes.mark_published

    async def away(*_):
        raise DatabaseUnavailable

    steps.codes.mark_published = away
    with pytest.raises(DatabaseUnavailable):
        await relay.relay()
    steps.codes.mark_published = mark
    clock.advance(ms=OFFER_MS)
    await relay.relay()
    await relay.relay()
    assert len(bus.taken) == 2


async def test_an_offer_that_the_bus_refuses_stays_due(relay, steps, bus, clock):
    """What was offered while the bus was away is published from the outbox once it is back."""
    bus.is_away = True
    await offered(relay, steps, bus)
    bus.is_away = False
    clock.advance(ms=OFFER_MS)
    await relay.relay()
    assert len(bus.taken) == 1


def test_our_notes_come_before_others_look():
    """What one replica has published is noted before another one takes it for lost."""
    assert 2 * LOOK_EVERY_S * 1000 < OFFER_MS


async def test_each_event_is_published_as_it_was_written(relay, steps, bus, clock):
    """Topic, key and bytes of an event are those of the outbox."""
    request_id = await steps.ask("ann@example.org")
    clock.advance(ms=OFFER_MS)
    await relay.relay()
    (event,) = bus.taken
    assert (event.topic, event.key, event.value) == ("new-registration", "ann@example.org", request_id.encode())


async def test_nothing_is_lost_with_the_bus(relay, steps, bus, clock):
    """While a request has no end its event is published again every 15 s, however often the bus forgets it."""
    request_id = await steps.ask()
    clock.advance(ms=OFFER_MS)
    for times in range(1, 5):
        await relay.relay()
        await relay.relay()
        assert len(bus.taken) == times
        clock.advance(ms=REPUBLISH_MS)
    await steps.deliver(request_id)
    await relay.relay()
    assert len(bus.taken) == 4
    assert len(set(bus.taken)) == 1


async def test_an_absent_bus_is_told_once(relay, steps, bus, clock, caplog):
    """What the bus does not take stays due; the log says so when it begins, and again the next time."""
    await steps.ask()
    clock.advance(ms=OFFER_MS)
    bus.is_away = True
    for _ in range(3):
        await relay.relay()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    bus.is_away = False
    await relay.relay()
    assert len(bus.taken) == 1
    bus.is_away = True
    await steps.ask()
    clock.advance(ms=OFFER_MS)
    await relay.relay()
    assert len(caplog.records) == 2


async def test_many_events_go_in_one_turn(relay, steps, bus, clock):
    """A backlog is published whole, in order, not a batch a second."""
    asked = [await steps.ask(f"{number}@example.org") for number in range(230)]
    clock.advance(ms=OFFER_MS)
    await relay.relay()
    assert [event.value.decode() for event in bus.taken] == asked


async def test_a_batch_is_offered_at_once(relay, steps, bus, clock):
    """All events of a batch are on their way together, so that a bus that is away costs one wait."""
    for number in range(50):
        await steps.ask(f"{number}@example.org")
    clock.advance(ms=OFFER_MS)
    everybody = asyncio.Barrier(50)

    async def publish(event):
        await everybody.wait()
        bus.taken.append(event)

    bus.publish = publish
    await asyncio.wait_for(relay.relay(), 10)
    assert len(bus.taken) == 50


async def test_only_what_was_refused_is_offered_again(relay, steps, bus, clock):
    """Of a batch that the bus takes in part, the rest stays due."""
    asked = [await steps.ask(f"{number}@example.org") for number in range(4)]
    clock.advance(ms=OFFER_MS)
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


@pytest.mark.parametrize("task", ["look", "sweep"])
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
