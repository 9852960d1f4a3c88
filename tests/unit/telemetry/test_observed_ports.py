"""The message log and the mail transport that tell how they fare, and the outbox as it was counted."""

import pytest
from support.databases import MovableClock, sqlite
from support.signing_in import SignInSteps

from parley.email_worker.adapters.observed import ObservedTransport
from parley.email_worker.model import Mail
from parley.email_worker.ports import Accepted, Later, Never
from parley.messages.model import Cursor, Draft
from parley.messages.observed import ObservedLog
from parley.messages.port import LogUnavailable, StaleCursor
from parley.messages.sqlite import open_sqlite_log
from parley.onetimecodes.sql_backlog import SqlBacklog
from parley.telemetry.handed import Telemetry
from parley.telemetry.metrics import PrometheusMeters


@pytest.fixture
def meters():
    return PrometheusMeters()


def counted(meters, name, result):
    return meters.registry.get_sample_value(f"{name}_count", {"result": result})


def draft(number):
    return Draft(conv="c", id=str(number), sender="ann", kind="text", body="hi")


async def test_appends_are_counted_by_their_end(meters, tmp_path):
    """An entry that is stored, and one that comes too early, are counted apart and answered as without counting."""
    async with open_sqlite_log(f"sqlite:///{tmp_path / 'm.db'}") as inner:
        log = ObservedLog(inner, meters)
        entry = await log.append(draft(1), Cursor(1, 0))
        with pytest.raises(StaleCursor):
            await log.append(draft(2), Cursor(7, 0))
        assert (await log.read_after("c", 0, 10))[0] == entry
        await log.check()
    for result, count in (("stored", 1), ("stale", 1), ("unavailable", None)):
        assert counted(meters, "parley_message_append_duration_seconds", result) == count


async def test_a_log_that_is_away_is_counted(meters, tmp_path):
    """An append that the store does not answer is counted as unavailable."""
    async with open_sqlite_log(f"sqlite:///{tmp_path / 'm.db'}") as inner:

        async def away(*_):
            raise LogUnavailable

        inner.append = away
        with pytest.raises(LogUnavailable):
            await ObservedLog(inner, meters).append(draft(1), Cursor(1, 0))
    assert counted(meters, "parley_message_append_duration_seconds", "unavailable") == 1


@pytest.mark.parametrize("answer", [Accepted(), Later(1.0), Never("no")], ids=["accepted", "later", "never"])
async def test_mails_are_counted_by_the_answer(meters, answer, request):
    """Each of the three answers is passed on and counted under its name."""

    class Answering:
        async def send(self, mail):
            return answer

    transport = ObservedTransport(Answering(), "smtp", Telemetry(meters=meters))
    assert await transport.send(Mail.__new__(Mail)) == answer
    assert counted(meters, "parley_mail_duration_seconds", request.node.callspec.id) == 1


async def test_the_backlog_is_what_the_outbox_holds(tmp_path):
    """Rows whose requests have no end are counted, and the oldest one's age on the database's clock."""
    clock = MovableClock()
    async with sqlite(tmp_path, clock) as database:
        backlog, steps = SqlBacklog(database), SignInSteps.on(database)
        await backlog.look()
        assert (backlog.rows, backlog.oldest_s) == (0, 0)
        await steps.ask()
        clock.advance(s=9)
        await backlog.look()
    assert (backlog.rows, backlog.oldest_s) == (1, 9)
