"""What the consumer makes of events: good ones, poison, and a database that does not answer."""

import msgspec
import pytest

from parley.bus.port import Event, NeverRetry, RetryLater
from parley.contracts.events import RegistrationRequested, RegistrationRequestedEvent
from parley.contracts.topics import NEW_REGISTRATION
from parley.email_worker.consumer import RegistrationConsumer
from parley.sql.errors import DatabaseUnavailable

GOOD = msgspec.json.encode(RegistrationRequestedEvent(id="e1", data=RegistrationRequested(request_id="r1")))
POISON = [
    b"",
    b"\xff\xfe",
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b"{}",
    b'{"id": "e1"}',
    GOOD.replace(b"requested.v1", b"requested.v9"),
    GOOD.replace(b'"r1"', b"7"),
    b"[" * 10_000,
]


class Mailer:
    """Notes what it is asked to deliver."""

    def __init__(self, trouble=None) -> None:
        self.delivered = []
        self._trouble = trouble

    async def deliver(self, request_id):
        if self._trouble:
            raise self._trouble
        self.delivered.append(request_id)


def event(value):
    return Event(NEW_REGISTRATION, "ann@example.org", value)


async def test_an_event_is_delivered():
    """A readable event leads to the delivery of the request that it names."""
    mailer = Mailer()
    await RegistrationConsumer(None, mailer).handle(event(GOOD))
    assert mailer.delivered == ["r1"]


@pytest.mark.parametrize("value", POISON, ids=range(len(POISON)))
async def test_poison_is_never_retried(value):
    """What can never be read goes to the dead letters at once, with a reason that repeats no content."""
    mailer = Mailer()
    with pytest.raises(NeverRetry) as never:
        await RegistrationConsumer(None, mailer).handle(event(value))
    assert mailer.delivered == []
    assert never.value.reason.startswith("not an event of this topic")
    for content in ("e1", "r1", "requested.v9"):
        assert content not in never.value.reason


async def test_an_absent_database_means_later():
    """An event is kept and comes again while the database does not answer."""
    with pytest.raises(RetryLater):
        await RegistrationConsumer(None, Mailer(DatabaseUnavailable())).handle(event(GOOD))


async def test_the_unexpected_is_not_hidden():
    """Any other error leaves the consumer, so that the process is started anew."""
    with pytest.raises(ZeroDivisionError):
        await RegistrationConsumer(None, Mailer(ZeroDivisionError())).handle(event(GOOD))
