"""The port MailReports: each token once over all replicas, and reports in any order end as the strongest of them."""

import asyncio
import itertools
import random
import time
from contextlib import asynccontextmanager

import pytest
from support.signing_in import WORKER, SignInSteps, mac_of

from parley.onetimecodes.model import OUTCOMES, REPORT_AHEAD_MS, REPORT_VALID_MS
from parley.onetimecodes.port import MailReport, RefusedToken
from parley.onetimecodes.sql_reports import SqlMailReports
from parley.sql.database import open_database

ADAPTERS = {"sql": SqlMailReports}
RACERS = 16
SEQUENCES = 40


@pytest.fixture(params=ADAPTERS.values(), ids=ADAPTERS)
def reports(request, database):
    return request.param(database)


@pytest.fixture
def steps(database):
    return SignInSteps.on(database)


@pytest.fixture
def tell(reports, clock):
    """Reports an outcome under a token of its own, signed now."""
    numbers = itertools.count()

    async def told(request_id, outcome, generation=1):
        report = MailReport(request_id=request_id, generation=generation, outcome=outcome)
        await reports.take(f"token-{next(numbers)}", clock(), report)

    return told


async def found(steps, request_id):
    return await steps.codes.find(request_id, "browser-1")


async def next_generation(steps, request_id, generation):
    assert await steps.deliveries.lease(request_id, WORKER, 60_000)
    assert await steps.deliveries.store_code(request_id, WORKER, generation, mac_of(str(generation)))


async def tokens(database):
    async with database.read() as connection:
        return (await connection.exec_driver_sql("SELECT COUNT(*) FROM report_tokens")).scalar_one()


@pytest.mark.parametrize("outcome", OUTCOMES)
async def test_a_report_is_told_to_the_asking_browser(steps, tell, clock, outcome):
    """A reported outcome is the state from then on, and only a delivery has a time, which is when it was signed."""
    request_id = await steps.code()
    clock.advance(s=5)
    reported_ms = clock()
    await tell(request_id, outcome)
    clock.advance(s=5)
    request = await found(steps, request_id)
    assert (request.state, request.delivered_ms) == (outcome, reported_ms if outcome == "delivered" else None)
    assert await steps.codes.find(request_id, "browser-2") is None


async def test_the_strongest_report_of_the_current_mail_is_told(steps, tell):
    """Of 40 random sequences of reports and new generations each ends as the strongest since the last generation."""
    chance = random.Random(5)
    for number in range(SEQUENCES):
        request_id, generation, strongest = await steps.ask(f"ann{number}@example.org"), 1, None
        for _ in range(8):
            if chance.random() < 0.25:
                generation, strongest = generation + 1, None
                await next_generation(steps, request_id, generation)
            outcome, about = chance.choice(OUTCOMES), max(1, generation - chance.choice((0, 0, 1)))
            await tell(request_id, outcome, about)
            if about == generation:
                strongest = max(strongest or outcome, outcome, key=OUTCOMES.index)
            assert (await found(steps, request_id)).state == (strongest or "queued")


async def test_a_late_delay_changes_nothing(steps, tell):
    """Word of a delay that comes after word of the delivery leaves it, and its time, as they were."""
    request_id = await steps.code()
    await tell(request_id, "delivered")
    before = await found(steps, request_id)
    await tell(request_id, "delayed")
    assert await found(steps, request_id) == before


async def test_parallel_reports_end_as_the_strongest(steps, tell):
    """Whichever of many reports at the same time is written last, the strongest stays."""
    for number in range(5):
        request_id = await steps.code(f"ann{number}@example.org")
        await asyncio.gather(*(tell(request_id, outcome) for outcome in (*OUTCOMES, "delivered", "delayed") * 2))
        assert (await found(steps, request_id)).state == "bounced"


async def test_a_report_leaves_the_work_alone(steps, tell):
    """Whatever is reported, a worker still owes what it owed, and its own record is not lost."""
    request_id = await steps.ask()
    await tell(request_id, "delivered")
    assert len(await steps.codes.pending_events(10)) == 1
    await steps.deliver(request_id)
    assert (await found(steps, request_id)).state == "delivered"
    assert await steps.codes.pending_events(10) == []


async def test_a_report_about_another_generation_has_no_effect(steps, tell):
    """Neither the mail that was replaced nor one that was never sent tells anything about the current one."""
    request_id = await steps.ask()
    await next_generation(steps, request_id, 2)
    for generation in (1, 3):
        await tell(request_id, "bounced", generation)
    assert (await found(steps, request_id)).state == "queued"


async def test_an_unknown_request_costs_the_token_alone(database, steps, tell):
    """A report about a mail that is not ours is taken and changes no request."""
    request_id = await steps.code()
    await tell("0192f0c1-1111-7000-8000-000000000001", "bounced")
    assert await tokens(database) == 1
    assert (await found(steps, request_id)).state == "sent"


async def test_a_token_is_taken_once(reports, steps, clock):
    """The same token again is refused, whatever it comes with, and what it comes with is not written."""
    request_id = await steps.code()
    await reports.take("token", clock(), None)
    again = MailReport(request_id=request_id, generation=1, outcome="bounced")
    for signed_ms in (clock(), clock() - 1000):
        with pytest.raises(RefusedToken, match="before"):
            await reports.take("token", signed_ms, again)
    assert (await found(steps, request_id)).state == "sent"


async def test_of_replicas_exactly_one_takes_a_token(database, reports, clock):
    """Two replicas with connections of their own get a token at once, many times over, and one of all takes it."""
    # A second MySQL client cannot share the moved clock, so this one stands at the present.
    clock.now_ms = time.time_ns() // 1_000_000
    async with replica_of(database, clock) as other:
        for number in range(5):
            takers = [it.take(f"token-{number}", clock(), None) for it in (reports, SqlMailReports(other)) * RACERS]
            outcomes = await asyncio.gather(*takers, return_exceptions=True)
            assert [it for it in outcomes if it is not None and not isinstance(it, RefusedToken)] == []
            assert outcomes.count(None) == 1


@pytest.mark.parametrize(
    ("ago_ms", "is_taken"),
    [(-REPORT_AHEAD_MS, True), (-REPORT_AHEAD_MS - 1, False), (REPORT_VALID_MS, True), (REPORT_VALID_MS + 1, False)],
)
async def test_a_token_is_taken_in_its_time(database, reports, clock, ago_ms, is_taken):
    """A token is taken from five minutes ahead of the database's clock to nine hours behind it, and never else."""
    if is_taken:
        await reports.take("token", clock() - ago_ms, None)
    else:
        with pytest.raises(RefusedToken, match="signed"):
            await reports.take("token", clock() - ago_ms, None)
    assert await tokens(database) == is_taken


async def test_a_token_is_forgotten_when_its_age_refuses_it(database, reports, steps, clock):
    """The sweep keeps a token for as long as it could be taken again, and no longer."""
    signed_ms = clock()
    await reports.take("token", signed_ms, None)
    clock.advance(ms=REPORT_VALID_MS)
    await steps.codes.sweep()
    with pytest.raises(RefusedToken, match="before"):
        await reports.take("token", signed_ms, None)
    clock.advance(ms=1)
    await steps.codes.sweep()
    assert await tokens(database) == 0
    with pytest.raises(RefusedToken, match="signed"):
        await reports.take("token", signed_ms, None)


@asynccontextmanager
async def replica_of(database, clock):
    """The same database, opened as another process would."""
    other = open_database(database.engine.url.render_as_string(hide_password=False), clock)
    yield other
    await other.close()
