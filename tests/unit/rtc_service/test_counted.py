"""What rtc-service counts, as its component offers it to whoever measures."""

from support.messaging import assert_problem

from parley.telemetry.readings import RTC_ENDED, RTC_OPENED, TURN_CREDENTIALS


def counts(world):
    return [world.component.readings[name]() for name in (RTC_OPENED, RTC_ENDED, TURN_CREDENTIALS)]


async def test_sessions_and_credentials_are_counted(world, ann, bob):
    """A session that is made, one that somebody ends, and each new credential count once; a refusal does not."""
    assert counts(world) == [0, 0, 0]
    session = await ann.opens(peer=bob.email)
    assert counts(world) == [1, 0, 1]
    await ann.sees(session, participant=ann.email)
    await bob.sees(session, participant=bob.email)
    assert counts(world) == [1, 0, 2]
    assert_problem(await ann.http.post("/sessions", json={"initiator": bob.email}), "forbidden")
    for status in (204, 404):
        assert (await bob.http.delete(f"/sessions/{session}")).status_code == status
    assert counts(world) == [1, 1, 2]
