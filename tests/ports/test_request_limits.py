"""The port OneTimeCodes: how often a code may be asked for, and the outbox that each accepted request leaves."""

import asyncio

import pytest
from support.signing_in import UNLIMITED, SignInSteps, event_of, new_request

from parley.onetimecodes.model import DELIVERY_DEADLINE_MS, REPUBLISH_MS, RequestLimits
from parley.onetimecodes.port import TooManyRequests
from parley.onetimecodes.sql import SqlOneTimeCodes

ADAPTERS = {"sql": SqlOneTimeCodes}
DEFAULT = RequestLimits()
WITHOUT_SPACING = RequestLimits(spacing_ms=0)


@pytest.fixture(params=ADAPTERS.values(), ids=ADAPTERS)
def codes(request, database):
    return request.param(database)


@pytest.fixture
def steps(database, codes):
    return SignInSteps(codes, SignInSteps.on(database).deliveries)


async def accepted(steps, count, limits, **changes):
    """How many of `count` parallel requests are accepted, and the longest wait that the others are told."""
    outcomes = await asyncio.gather(
        *(steps.ask(limits=limits, **changes) for _ in range(count)), return_exceptions=True
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, TooManyRequests)]
    assert all(isinstance(outcome, str | TooManyRequests) for outcome in outcomes)
    return count - len(refused), max((it.retry_after_ms for it in refused), default=0)


async def test_one_in_thirty_seconds(steps, clock):
    """Of parallel requests for an address one is accepted, and the next one 30 s later."""
    assert await accepted(steps, 16, DEFAULT) == (1, 30_000)
    clock.advance(ms=29_999)
    assert await accepted(steps, 1, DEFAULT) == (0, 1)
    clock.advance(ms=1)
    assert await accepted(steps, 1, DEFAULT) == (1, 0)


async def test_five_an_hour(steps, clock):
    """An address gets five codes an hour; the sixth waits until the first is an hour old."""
    assert await accepted(steps, 4, WITHOUT_SPACING) == (4, 0)
    clock.advance(s=600)
    assert await accepted(steps, 4, WITHOUT_SPACING) == (1, 3_000_000)
    clock.advance(s=3000)
    assert await accepted(steps, 9, WITHOUT_SPACING) == (4, 3_600_000 - 3_000_000)


async def test_ten_a_day(steps, clock):
    """An address gets ten codes a day, however they are spread."""
    for _ in range(10):
        assert await accepted(steps, 1, DEFAULT) == (1, 0)
        clock.advance(hours=1)
    assert await accepted(steps, 1, DEFAULT) == (0, 14 * 3_600_000)


async def test_twenty_an_hour_per_network(steps, clock):
    """A network gets twenty codes an hour over all addresses, and an unrelated one is served meanwhile."""
    outcomes = [await accepted(steps, 1, DEFAULT, email=f"ann{number}@example.org") for number in range(21)]
    assert outcomes == [(1, 0)] * 20 + [(0, 3_600_000)]
    assert await accepted(steps, 1, DEFAULT, email="bob@example.org", network="network-2") == (1, 0)


async def test_the_breaker_counts_everyone(steps, clock):
    """When everyone together asks too often, nobody gets a code until the minute is over."""
    limits = RequestLimits(everyone_per_minute=3)
    for number in range(3):
        assert await accepted(steps, 1, limits, email=f"{number}@example.org", network=f"{number}") == (1, 0)
    assert await accepted(steps, 1, limits, email="new@example.org", network="new") == (0, 60_000)
    clock.advance(s=60)
    assert await accepted(steps, 1, limits, email="new@example.org", network="new") == (1, 0)


async def test_tags_share_a_budget(steps):
    """Requests that differ in their +tag are counted together by their common limit key."""
    assert await accepted(steps, 1, DEFAULT, email="ann+a@example.org", limit_key="ann@example.org") == (1, 0)
    assert await accepted(steps, 1, DEFAULT, email="ann+b@example.org", limit_key="ann@example.org") == (0, 30_000)


async def test_strangers_do_not_use_up_a_known_devices_budget(steps):
    """After strangers have asked as often as they may, the device that has signed in before still may."""
    assert await accepted(steps, 16, WITHOUT_SPACING) == (5, 3_600_000)
    assert await accepted(steps, 16, WITHOUT_SPACING, known_device="device-1") == (5, 3_600_000)
    assert await accepted(steps, 1, WITHOUT_SPACING, known_device="device-2") == (1, 0)


async def test_the_wait_is_told_beforehand(codes, steps, clock):
    """Who asks for the wait is told the same as who is refused, and 0 when a request would be accepted."""
    asker = new_request().asker
    assert await codes.wait_ms(asker, DEFAULT) == 0
    await steps.ask(limits=DEFAULT)
    clock.advance(s=12)
    assert await codes.wait_ms(asker, DEFAULT) == 18_000


async def test_a_refused_request_leaves_nothing(database, codes):
    """A request over a limit has neither a row of its own nor one in the outbox."""
    for _ in range(2):
        request = new_request()
        try:
            await codes.request(request, event_of(request), DEFAULT)
        except TooManyRequests:
            refused = request
    assert await codes.find(refused.id, refused.browser) is None
    assert len(await codes.pending_events(10)) == 1


async def test_an_accepted_request_is_in_the_outbox_until_it_ends(codes, steps, clock):
    """The event is due at once, due again 15 s after each publication, and gone with the request's end."""
    request_id = await steps.ask()
    (event,) = await codes.pending_events(10)
    assert (event.topic, event.key, event.payload) == ("new-registration", "ann@example.org", request_id.encode())
    for _ in range(3):
        await codes.mark_published([event.event_id])
        assert await codes.pending_events(10) == []
        clock.advance(ms=REPUBLISH_MS)
        assert await codes.pending_events(10) == [event]
    await steps.deliver(request_id)
    assert await codes.pending_events(10) == []


async def test_events_are_due_in_order(codes, steps):
    """Outbox rows come oldest first and at most as many as asked for."""
    asked = [await steps.ask(f"{number}@example.org") for number in range(5)]
    assert [event.payload.decode() for event in await codes.pending_events(3)] == asked[:3]


async def test_an_overdue_request_ends(codes, steps, clock):
    """A request that found no delivery for 15 minutes ends as expired, with its outbox row, and not earlier."""
    request_id = await steps.ask()
    clock.advance(ms=DELIVERY_DEADLINE_MS - 1)
    await codes.sweep()
    assert (await codes.find(request_id, "browser-1")).state == "queued"
    assert len(await codes.pending_events(10)) == 1
    clock.advance(ms=1)
    await codes.sweep()
    assert (await codes.find(request_id, "browser-1")).state == "expired"
    assert await codes.pending_events(10) == []


async def test_a_delivery_in_progress_is_not_ended(codes, steps, clock):
    """While a worker holds the lease the sweep leaves the request alone."""
    request_id = await steps.ask()
    clock.advance(ms=DELIVERY_DEADLINE_MS - 1)
    assert await steps.deliveries.lease(request_id, "worker-1", 60_000)
    clock.advance(s=30)
    await codes.sweep()
    assert (await codes.find(request_id, "browser-1")).state == "queued"
    clock.advance(s=30)
    await codes.sweep()
    assert (await codes.find(request_id, "browser-1")).state == "expired"


async def test_old_rows_are_forgotten(database, codes, steps, clock):
    """Two days later nothing tells any more who asked for a code or failed to guess one."""
    request_id = await steps.code()
    await steps.guess(request_id)
    clock.advance(hours=23)
    await codes.sweep()
    assert await accepted(steps, 9, RequestLimits(spacing_ms=0, per_day=2)) == (1, 3_600_000)
    clock.advance(hours=49)
    await codes.sweep()
    async with database.read() as connection:
        for table in ("otp_requests", "otp_codes", "otp_failures"):
            left = (await connection.exec_driver_sql(f"SELECT COUNT(*) FROM {table}")).scalar_one()  # noqa: S608
            assert (table, left) in [(table, 0), ("otp_requests", 1)]


async def test_limits_can_be_lifted_for_load(steps):
    """Limits are what the caller says, none is built into the adapter."""
    assert await accepted(steps, 64, UNLIMITED) == (64, 0)
