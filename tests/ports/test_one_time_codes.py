"""The port OneTimeCodes: the bound on guessing, single use, expiry. How often one may ask: test_request_limits.py."""

import asyncio

import pytest
from support.signing_in import SignInSteps, new_session

from parley.onetimecodes.model import ATTEMPTS, FAILURES_PER_DAY, VALID_MS
from parley.onetimecodes.sql import SqlOneTimeCodes

ADAPTERS = {"sql": SqlOneTimeCodes}
ROUNDS = 20
PARALLEL = 64


@pytest.fixture(params=ADAPTERS.values(), ids=ADAPTERS)
def codes(request, database):
    return request.param(database)


@pytest.fixture
def steps(database, codes):
    return SignInSteps(codes, SignInSteps.on(database).deliveries)


async def rows(database, query):
    async with database.read() as connection:
        return (await connection.exec_driver_sql(query)).all()


async def test_only_the_asking_browser_finds_its_request(codes, steps):
    """A request exists for the browser that asked and for no other."""
    request_id = await steps.ask("ann@example.org", typed="Ann+x@example.org")
    found = await codes.find(request_id, "browser-1")
    assert (found.email, found.typed, found.state, found.code_left_ms) == (
        "ann@example.org",
        "Ann+x@example.org",
        "queued",
        None,
    )
    assert await codes.find(request_id, "browser-2") is None
    assert await codes.find("nothing", "browser-1") is None


async def test_parallel_guesses_are_compared_five_times(codes, steps):
    """Of 64 parallel guesses at a code exactly 5 are compared, in each of 20 rounds."""
    for number in range(ROUNDS):
        request_id = await steps.code(f"ann{number}@example.org")
        attempts = await asyncio.gather(*(steps.guess(request_id) for _ in range(PARALLEL)))
        assert sum(attempt is not None for attempt in attempts) == ATTEMPTS
        assert await steps.guess(request_id) is None


async def test_parallel_right_codes_open_one_session(database, codes, steps):
    """Of 64 parallel right codes exactly one opens a session and no code stays alive, in each of 20 rounds."""

    async def enter(request_id):
        attempt = await steps.guess(request_id)
        return attempt and await codes.consume(attempt, attempt.codes[0], new_session()[1])

    for number in range(ROUNDS):
        request_id = await steps.code(f"ann{number}@example.org")
        outcomes = await asyncio.gather(*(enter(request_id) for _ in range(PARALLEL)))
        assert sum(outcome is not None for outcome in outcomes) == 1
    assert await rows(database, "SELECT COUNT(*) FROM sessions") == [(ROUNDS,)]
    assert await rows(database, "SELECT COUNT(*) FROM otp_codes WHERE consumed_at IS NULL") == [(0,)]


async def test_a_used_code_is_over(codes, steps):
    """After a sign-in the code can be neither guessed nor used again."""
    request_id = await steps.code()
    attempt, second = await steps.guess(request_id), await steps.guess(request_id)
    assert await codes.consume(attempt, attempt.codes[0], new_session()[1])
    assert await codes.consume(second, second.codes[0], new_session()[1]) is None
    assert await steps.guess(request_id) is None


@pytest.mark.parametrize(("age_s", "works"), [(0, True), (179, True), (181, False)])
async def test_a_code_lives_three_minutes_from_its_storing(codes, steps, clock, age_s, works):
    """Whatever the request waited before, the code works for 180 s after it was stored."""
    request_id = await steps.ask()
    clock.advance(s=300)
    await steps.deliver(request_id)
    clock.advance(s=age_s)
    attempt = await steps.guess(request_id)
    assert (attempt is not None) is works
    assert (await codes.find(request_id, "browser-1")).code_left_ms == max(0, VALID_MS - age_s * 1000)


async def test_a_code_that_ends_between_guess_and_use_is_over(codes, steps, clock):
    """A guess that was admitted in time does not sign in after the code's end."""
    request_id = await steps.code()
    attempt = await steps.guess(request_id)
    clock.advance(s=181)
    assert await codes.consume(attempt, attempt.codes[0], new_session()[1]) is None


async def test_a_guess_needs_the_asking_browser(codes, steps):
    """Another browser with the same challenge gets no attempt and spends none."""
    request_id = await steps.code()
    for _ in range(2 * ATTEMPTS):
        assert await steps.guess(request_id, "browser-2") is None
    assert await steps.guess(request_id) is not None


async def test_two_codes_of_a_browser_share_one_budget(steps):
    """Both codes of one browser can be hit by each guess, and five guesses end both."""
    first, second = await steps.code(), await steps.code()
    for request_id in (first, second, first, second, first):
        assert {code.request_id for code in (await steps.guess(request_id)).codes} == {first, second}
    assert await steps.guess(first) is None
    assert await steps.guess(second) is None


async def test_a_new_code_resets_nothing(steps):
    """A code that comes after four wrong guesses leaves one more guess, not five."""
    first = await steps.code()
    for _ in range(ATTEMPTS - 1):
        assert await steps.guess(first)
    second = await steps.code()
    assert await steps.guess(second)
    assert await steps.guess(second) is None


async def test_a_next_generation_resets_nothing(codes, steps):
    """A code that replaces one of the same request leaves what the old one had left, and the old one is dead."""
    request_id = await steps.ask()
    assert await steps.deliveries.lease(request_id, "worker-1", 60_000)
    assert await steps.deliveries.store_code(request_id, "worker-1", 1, b"1" * 32)
    for _ in range(ATTEMPTS - 1):
        assert await steps.guess(request_id)
    assert await steps.deliveries.store_code(request_id, "worker-1", 2, b"2" * 32)
    assert [code.generation for code in (await steps.guess(request_id)).codes] == [2]
    assert await steps.guess(request_id) is None


async def test_spent_codes_share_nothing(steps):
    """Once the guesses of a code are spent it is dead, and the next code of the browser has its own five."""
    first = await steps.code()
    while await steps.guess(first):
        pass
    second = await steps.code()
    attempts = [await steps.guess(second) for _ in range(ATTEMPTS + 1)]
    assert [[code.request_id for code in it.codes] if it else None for it in attempts] == [[second]] * 5 + [None]


async def test_another_browser_does_not_touch_a_code(steps):
    """A request and all guesses of another browser leave the code and its budget as they were."""
    mine = await steps.code()
    theirs = await steps.code(browser="browser-2")
    while await steps.guess(theirs, "browser-2"):
        pass
    assert [code.request_id for code in (await steps.guess(mine)).codes] == [mine]


async def test_signing_in_ends_the_browsers_other_codes(codes, steps):
    """The older code of the same browser is no second way in after the newer one was used."""
    first, second = await steps.code(), await steps.code()
    attempt = await steps.guess(second)
    newer = next(code for code in attempt.codes if code.request_id == second)
    assert await codes.consume(attempt, newer, new_session()[1])
    assert await steps.guess(first) is None


async def test_fifty_failures_a_day(steps, clock):
    """An address takes 50 wrong guesses in 24 hours over all codes and browsers, then none until a day after each."""
    compared = 0
    for number in range(12):
        browser = f"browser-{number}"
        request_id = await steps.code(browser=browser, network=f"network-{number}")
        while await steps.guess(request_id, browser):
            compared += 1
    assert compared == FAILURES_PER_DAY
    clock.advance(hours=24, ms=1)
    assert await steps.guess(await steps.code(browser="later"), "later")


async def test_parallel_failures_stay_within_the_day(steps):
    """Guesses at many codes at the same time are compared 50 times in all."""
    asked = [await steps.code(browser=f"browser-{number}") for number in range(13)]
    guesses = (steps.guess(it, f"browser-{number}") for number, it in enumerate(asked) for _ in range(8))
    assert sum(attempt is not None for attempt in await asyncio.gather(*guesses)) == FAILURES_PER_DAY


async def test_a_known_device_has_its_own_budget(codes, steps):
    """Fifty failures of strangers leave the device that has signed in before its five guesses a code."""
    for number in range(10):
        request_id = await steps.code(browser=f"stranger-{number}")
        while await steps.guess(request_id, f"stranger-{number}"):
            pass
    assert await steps.guess(await steps.code(browser="new"), "new") is None
    mine = await steps.code(browser="mine", known_device="device-1")
    attempts = [await steps.guess(mine, "mine") for _ in range(ATTEMPTS + 1)]
    assert [attempt is not None for attempt in attempts] == [True] * ATTEMPTS + [False]


async def test_a_right_code_is_no_failure(database, codes, steps):
    """Signing in takes the guess back, so only wrong ones are counted against the day."""
    request_id = await steps.code()
    await steps.guess(request_id)
    attempt = await steps.guess(request_id)
    assert await codes.consume(attempt, attempt.codes[0], new_session()[1])
    assert await rows(database, "SELECT COUNT(*) FROM otp_failures") == [(1,)]


async def test_the_first_sign_in_makes_the_account(codes, steps):
    """One address is one account: new at the first sign-in, the same at the next."""
    outcomes = []
    for browser in ("one", "two"):
        attempt = await steps.guess(await steps.code(browser=browser), browser)
        outcomes.append(await codes.consume(attempt, attempt.codes[0], new_session()[1]))
    assert [outcome.is_new for outcome in outcomes] == [True, False]
    assert outcomes[0].account == outcomes[1].account


async def test_a_disabled_account_gets_no_session(database, codes, steps):
    """A right code of a disabled account opens nothing."""
    await steps.sign_in()
    async with database.write() as connection:
        await connection.exec_driver_sql("UPDATE accounts SET disabled_at = 1")
    attempt = await steps.guess(await steps.code())
    assert await codes.consume(attempt, attempt.codes[0], new_session()[1]) is None
