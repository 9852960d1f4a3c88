"""Bars 1 to 4: how often a code is compared, how often it works, and for how long, whatever the pods' clocks say."""

import asyncio

import httpx2
import pytest
from support import skewed
from support.asking import change, new_address, query, wrong_codes
from support.fleet import REGISTRATION, WORKER, Fleet

pytestmark = pytest.mark.engine

ROUNDS = 6
AT_ONCE = 64
SKEW_S = "300"


@pytest.fixture(scope="module")
def sign_in_fleet(stores, sink):
    """Replicas whose clocks are five minutes early, five minutes late, and right."""
    fleet = Fleet(stores.folder, stores.environment | {"TRUSTED_PROXIES": "127.0.0.1/32"})
    for service, details in ((REGISTRATION, {}), (WORKER, sink.environment)):
        fleet.add(service, launcher=skewed.LAUNCHER, SKEW_S=SKEW_S, **details)
        fleet.add(service, launcher=skewed.LAUNCHER, SKEW_S=f"-{SKEW_S}", **details)
    fleet.add(REGISTRATION)
    yield fleet
    fleet.end()


async def outcomes(browser, challenge, codes):
    """The status of each attempt, all of them at once; None where nobody answered."""

    async def one(code):
        try:
            return (await browser.enter(challenge, code)).status_code
        except httpx2.TransportError:
            return None

    return await asyncio.gather(*(one(code) for code in codes))


async def compared(challenge):
    """How many guesses of a request's code the database has counted, and how many failures of its address."""
    codes = await query("SELECT attempts FROM otp_codes WHERE request_id = :id", id=challenge)
    failed = await query(
        "SELECT 1 FROM otp_failures JOIN otp_requests USING (limit_key) WHERE otp_requests.id = :id", id=challenge
    )
    return codes[0].attempts, len(failed)


async def test_five_guesses_are_compared(browser, sink, figures):
    """Bar 1: of 64 wrong guesses at once five are compared, and after them the right code is refused as well."""
    for _ in range(ROUNDS):
        address, guesser = new_address(), browser()
        challenge = await guesser.asked(address)
        code = await sink.code_for(address)
        assert set(await outcomes(guesser, challenge, wrong_codes(code, AT_ONCE))) == {422}
        assert await compared(challenge) == (5, 5)
        assert await outcomes(guesser, challenge, [code]) == [422]
        assert await compared(challenge) == (5, 5)
    figures(f"{ROUNDS} rounds of {AT_ONCE}")


@pytest.mark.parametrize("is_killed", [False, True])
async def test_a_code_opens_one_session(is_killed, sign_in, browser, sink, rng, figures):
    """Bar 2: of 64 right codes at once one opens a session, also when a replica is killed meanwhile."""
    for _ in range(ROUNDS // 2):
        address, person = new_address(), browser()
        challenge = await person.asked(address)
        code = await sink.code_for(address)
        entering = asyncio.create_task(outcomes(person, challenge, [code] * AT_ONCE))
        if is_killed:
            await asyncio.sleep(rng.uniform(0, 0.2))
            rng.choice(sign_in.of(REGISTRATION)).kill()
        found = await entering
        assert found.count(200) <= 1
        assert set(found) <= {200, 422, None}
        await asyncio.to_thread(sign_in.start)
        if 200 not in found:
            # The answer went down with its replica, or no attempt got that far.
            await outcomes(person, challenge, [code])
        sessions = "SELECT 1 FROM sessions JOIN accounts ON accounts.id = account_id WHERE email = :email"
        assert len(await query(sessions, email=address)) == 1
        assert await query("SELECT 1 FROM otp_codes WHERE request_id = :id AND consumed_at IS NULL", id=challenge) == []
    figures(f"{ROUNDS // 2} rounds of {AT_ONCE}, killed: {is_killed}")


async def test_fifty_failures_a_day(browser, sink):
    """Bar 3: new codes, networks and browsers bring no 51st failure; who has signed in there before still gets in."""
    address, owner = new_address("owner"), browser()
    await owner.sign_in(address, sink)
    for number in range(12):
        # As if a day had passed for the limits of asking alone, which would stop this much earlier.
        await change("UPDATE otp_requests SET created_at = created_at - 90000000 WHERE email = :email", email=address)
        attacker = browser()
        challenge = await attacker.asked(address)
        code = await sink.code_for(address, number + 2)
        assert set(await outcomes(attacker, challenge, wrong_codes(code, 5))) == {422}
        if number >= 10:
            assert await outcomes(attacker, challenge, [code]) == [422]
    failures = await query("SELECT 1 FROM otp_failures WHERE limit_key = :key", key=address)
    assert len(failures) == 50
    await change("UPDATE otp_requests SET created_at = created_at - 90000000 WHERE email = :email", email=address)
    await owner.sign_in(address, sink)


async def left_ms(challenge):
    """How much longer a code works, by the database's clock."""
    left = "SELECT expires_at - CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) FROM otp_codes WHERE request_id = :id"
    return (await query(left, id=challenge))[0][0]


async def entered_at(person, challenge, code, left):
    """The status of a code that is entered when it works for `left` ms more, and what is left after the answer."""
    await change("UPDATE otp_codes SET expires_at = expires_at - 170000 WHERE request_id = :id", id=challenge)
    await asyncio.sleep(max(0, await left_ms(challenge) - left) / 1000)
    (status,) = await outcomes(person, challenge, [code])
    return status, await left_ms(challenge)


async def test_a_code_works_for_three_minutes(browser, sink):
    """Bar 4: on pods whose clocks are five minutes off, a code works in its last second and not in the one after."""
    for round_ in range(3):
        address, early, late = new_address(), browser(), browser()
        challenge = await early.asked(address)
        other = await late.asked(f"{round_}-{address}")
        codes = [await sink.code_for(address), await sink.code_for(f"{round_}-{address}")]
        (row,) = await query(
            "SELECT created_at, expires_at FROM otp_codes JOIN otp_requests ON id = request_id WHERE id = :id",
            id=challenge,
        )
        assert row.created_at <= row.expires_at - 180_000 <= sink.to(address)[0].at * 1000
        # 170 of the 180 seconds are taken off the stored time, which alone decides.
        (status, left), (too_late, _) = await asyncio.gather(
            entered_at(early, challenge, codes[0], 1000), entered_at(late, other, codes[1], -1)
        )
        assert too_late == 422
        if left > 0:
            assert status == 200
            return
    raise AssertionError("the machine is too slow to enter a code within its last second")
