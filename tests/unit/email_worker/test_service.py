"""The way of one request through the worker: on a real database, with a mail service that can be away."""

import pytest
from support.databases import MovableClock, sqlite
from support.signing_in import SignInSteps

from parley.bus.port import RetryLater
from parley.email_worker.adapters.letters import TemplateLetters
from parley.email_worker.ports import Accepted, Later, Never
from parley.email_worker.service import LEASE_MS, CodeMailer, Keys
from parley.onetimecodes.model import DELIVERY_DEADLINE_MS, code_mac

KEYS = Keys(code=b"c" * 32, pepper=b"p" * 32)


class Provider:
    """A mail service that gives prepared answers, and accepts when it has none."""

    def __init__(self) -> None:
        self.answers = []
        self.mails = []

    async def send(self, mail):
        self.mails.append(mail)
        answer = self.answers.pop(0) if self.answers else Accepted()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    @property
    def codes(self):
        return [mail.code for mail in self.mails]


@pytest.fixture
def clock():
    return MovableClock()


@pytest.fixture
async def steps(tmp_path, clock):
    async with sqlite(tmp_path, clock) as database:
        yield SignInSteps.on(database)


@pytest.fixture
def provider():
    return Provider()


@pytest.fixture
def mailer(steps, provider):
    return worker(steps, provider, "worker-1")


def worker(steps, provider, name):
    letters = TemplateLetters("localhost")
    return CodeMailer(deliveries=steps.deliveries, transport=provider, letters=letters, keys=KEYS, worker=name)


async def state(steps, request_id):
    return (await steps.codes.find(request_id, "browser-1")).state


async def test_a_request_is_mailed_and_ends_as_sent(steps, mailer, provider):
    """The mailed code is the one whose keyed hash was stored, and the request is at its end."""
    request_id = await steps.ask("ann@example.org", typed="Ann@Example.org")
    await mailer.deliver(request_id)
    (mail,) = provider.mails
    (stored,) = (await steps.guess(request_id)).codes
    assert mail.to == "Ann@Example.org"
    assert stored.mac == code_mac(KEYS.pepper, request_id, "ann@example.org", mail.code)
    assert await state(steps, request_id) == "sent"


async def test_a_repeated_event_mails_nothing(steps, mailer, provider):
    """The same event again, and again, leads to no second mail."""
    request_id = await steps.ask()
    for _ in range(3):
        await mailer.deliver(request_id)
    assert len(provider.mails) == 1


async def test_a_crash_after_the_mail_repeats_the_same_code(steps, mailer, provider, clock):
    """When the worker dies between mail and record, its successor mails the same code once the lease is over."""
    request_id = await steps.ask()
    provider.answers = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        await mailer.deliver(request_id)
    successor = worker(steps, provider, "worker-2")
    await successor.deliver(request_id)
    assert len(provider.mails) == 1
    clock.advance(ms=LEASE_MS)
    await successor.deliver(request_id)
    assert len(provider.mails) == 2
    assert provider.codes[0] == provider.codes[1]
    assert provider.mails[0].message_id == provider.mails[1].message_id
    assert await state(steps, request_id) == "sent"


async def test_a_mail_service_that_is_away_delays(steps, mailer, provider, clock):
    """The request stays delayed work, comes back after the wait it was told, and then carries the same code."""
    request_id = await steps.ask()
    provider.answers = [Later(12.0)]
    with pytest.raises(RetryLater) as later:
        await mailer.deliver(request_id)
    assert later.value.delay_s == 12.0
    assert await state(steps, request_id) == "delayed"
    clock.advance(s=12)
    await mailer.deliver(request_id)
    assert provider.codes[0] == provider.codes[1]
    assert await state(steps, request_id) == "sent"


async def test_no_code_is_mailed_with_less_than_a_minute_left(steps, mailer, provider, clock):
    """After a long outage the next generation is mailed, works for three minutes, and the first one is dead."""
    request_id = await steps.ask()
    provider.answers = [Later(121.0)]
    with pytest.raises(RetryLater):
        await mailer.deliver(request_id)
    clock.advance(s=121)
    await mailer.deliver(request_id)
    first, second = provider.codes
    assert first != second
    clock.advance(s=179)
    (stored,) = (await steps.guess(request_id)).codes
    assert stored.mac == code_mac(KEYS.pepper, request_id, "ann@example.org", second)


async def test_after_fifteen_minutes_a_request_expires(steps, mailer, provider, clock):
    """A request that found no delivery for 15 minutes ends as expired, without a mail."""
    request_id = await steps.ask()
    clock.advance(ms=DELIVERY_DEADLINE_MS)
    await mailer.deliver(request_id)
    assert await state(steps, request_id) == "expired"
    assert provider.mails == []
    assert await steps.codes.pending_events(10) == []


async def test_a_refused_mail_ends_the_request(steps, mailer, provider, caplog):
    """A refusal for good ends the request as dead, and the log names neither address nor code."""
    request_id = await steps.ask()
    provider.answers = [Never("550 no such mailbox")]
    await mailer.deliver(request_id)
    assert await state(steps, request_id) == "dead"
    assert "550 no such mailbox" in caplog.text
    assert "example.org" not in caplog.text
    assert provider.codes[0] not in caplog.text


async def test_a_worker_that_lost_its_lease_mails_nothing(steps, provider, clock, mailer):
    """A worker that was away for longer than its lease finds that the code is not its to mail."""
    request_id = await steps.ask()
    slow = worker(steps, provider, "slow")
    lease = steps.deliveries.lease

    async def lease_then_stall(*arguments):
        taken = await lease(*arguments)
        clock.advance(ms=LEASE_MS)
        return taken

    steps.deliveries.lease = lease_then_stall
    await slow.deliver(request_id)
    assert provider.mails == []
    del steps.deliveries.lease
    await mailer.deliver(request_id)
    assert len(provider.mails) == 1


async def test_an_unknown_request_is_no_error(mailer, provider):
    """An event whose request is gone is done with."""
    await mailer.deliver("nothing")
    assert provider.mails == []
