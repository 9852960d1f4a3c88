"""The port Deliveries: leases, generations and the end of a request."""

import asyncio

import pytest
from support.signing_in import SignInSteps, mac_of

from parley.onetimecodes.model import VALID_MS
from parley.onetimecodes.sql_deliveries import SqlDeliveries

ADAPTERS = {"sql": SqlDeliveries}
LEASE_MS = 60_000


@pytest.fixture(params=ADAPTERS.values(), ids=ADAPTERS)
def deliveries(request, database):
    return request.param(database)


@pytest.fixture
def steps(database, deliveries):
    return SignInSteps(SignInSteps.on(database).codes, deliveries)


async def test_one_worker_gets_the_lease(deliveries, steps):
    """Of many parallel workers exactly one gets a request."""
    request_id = await steps.ask()
    leases = await asyncio.gather(*(deliveries.lease(request_id, f"worker-{n}", LEASE_MS) for n in range(16)))
    assert [lease.id for lease in leases if lease] == [request_id]


async def test_a_lease_ends(deliveries, steps, clock):
    """Another worker gets the request when the lease is over; the same worker may renew its own before."""
    request_id = await steps.ask()
    assert await deliveries.lease(request_id, "one", LEASE_MS)
    clock.advance(ms=LEASE_MS - 1)
    assert await deliveries.lease(request_id, "two", LEASE_MS) is None
    clock.advance(ms=1)
    assert await deliveries.lease(request_id, "two", LEASE_MS)
    assert await deliveries.lease(request_id, "one", LEASE_MS) is None
    assert await deliveries.lease(request_id, "two", LEASE_MS)


@pytest.mark.parametrize("end", ["sent", "dead", "expired"])
async def test_a_finished_request_is_not_leased(deliveries, steps, end):
    """After its end a request is nobody's work any more and its outbox row is gone."""
    request_id = await steps.ask()
    assert await deliveries.lease(request_id, "one", LEASE_MS)
    await deliveries.record(request_id, "one", end)
    assert await deliveries.lease(request_id, "one", LEASE_MS) is None
    assert (await steps.codes.find(request_id, "browser-1")).state == end
    assert await steps.codes.pending_events(10) == []


async def test_an_unknown_request_is_not_leased(deliveries):
    """There is nothing to do for a request that does not exist."""
    assert await deliveries.lease("nothing", "one", LEASE_MS) is None


async def test_a_delayed_request_stays_work(deliveries, steps):
    """A delay gives the lease back and keeps the outbox row."""
    request_id = await steps.ask()
    assert await deliveries.lease(request_id, "one", LEASE_MS)
    await deliveries.record(request_id, "one", "delayed")
    assert (await deliveries.lease(request_id, "two", LEASE_MS)).state == "delayed"
    assert len(await steps.codes.pending_events(10)) == 1


async def test_storing_a_code_again_changes_nothing(deliveries, steps, clock):
    """A repetition of the same generation moves neither the clock nor the guesses that were spent."""
    request_id = await steps.ask()
    await deliveries.lease(request_id, "one", LEASE_MS)
    assert await deliveries.store_code(request_id, "one", 1, mac_of("123456"))
    await steps.guess(request_id)
    clock.advance(s=20)
    assert await deliveries.store_code(request_id, "one", 1, mac_of("654321"))
    assert (await steps.codes.find(request_id, "browser-1")).code_left_ms == VALID_MS - 20_000
    guesses = [await steps.guess(request_id) for _ in range(5)]
    assert [guess and guess.codes[0].mac for guess in guesses] == [mac_of("123456")] * 4 + [None]


async def test_a_next_generation_ends_the_one_before(deliveries, steps, clock):
    """From when the second code is stored only the second can be guessed, for its own three minutes."""
    request_id = await steps.ask()
    await deliveries.lease(request_id, "one", 10 * LEASE_MS)
    await deliveries.store_code(request_id, "one", 1, mac_of("111111"))
    clock.advance(s=150)
    assert await deliveries.store_code(request_id, "one", 2, mac_of("222222"))
    assert not await deliveries.store_code(request_id, "one", 1, mac_of("111111"))
    assert [code.mac for code in (await steps.guess(request_id)).codes] == [mac_of("222222")]
    clock.advance(s=179)
    assert [code.mac for code in (await steps.guess(request_id)).codes] == [mac_of("222222")]


async def test_nothing_is_stored_without_the_lease(deliveries, steps, clock):
    """A worker whose lease is over, or never was, neither stores a code nor records an end."""
    request_id = await steps.ask()
    assert not await deliveries.store_code(request_id, "stranger", 1, mac_of("123456"))
    await deliveries.lease(request_id, "one", LEASE_MS)
    clock.advance(ms=LEASE_MS)
    assert not await deliveries.store_code(request_id, "one", 1, mac_of("123456"))
    await deliveries.lease(request_id, "two", LEASE_MS)
    await deliveries.record(request_id, "one", "sent")
    found = await steps.codes.find(request_id, "browser-1")
    assert (found.state, found.code_left_ms) == ("queued", None)


async def test_an_end_is_final(deliveries, steps):
    """Nothing that is recorded later changes how a request ended."""
    request_id = await steps.code()
    await deliveries.record(request_id, "worker-1", "dead")
    assert (await steps.codes.find(request_id, "browser-1")).state == "sent"
