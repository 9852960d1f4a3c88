"""The port MailTransport: accepted, later or never, over every adapter, and what each fault of a mail service means."""

import logging
from contextlib import asynccontextmanager

import pytest
from support.certificates import Certificate
from support.mail_services import KEY, SENDER, Arrived, OnMailgun, OnMailpit, OnSmtp, mail
from support.mailgun_server import Answer, MailgunServer
from support.mailpit import PASSWORD, engine_address, mailpit
from support.smtp_server import DROP, SLOW, STALL, ScriptedSmtp

from parley.email_worker.adapters.console import ConsoleMail
from parley.email_worker.ports import Accepted, Later, Never

IMPATIENT_S = 0.1
SLUGGISH_S = 0.3
"""Longer than each step of a slow service, shorter than all of them."""
HELD = Answer(is_held=True)
CHATTY = "no <Ann+x@example.org> 012345"
"""Servers repeat what they were told; none of it may get into a log or a reason."""


class OnConsole:
    """Standard output, which takes everything."""

    @asynccontextmanager
    async def open(self, limit_s=None):
        yield ConsoleMail()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return Certificate(tmp_path_factory.mktemp("tls"), engine_address())


@pytest.fixture(scope="module")
def mailpit_starttls(certificate):
    with mailpit(certificate) as server:
        yield OnMailpit(server, certificate.client(), implicit_tls=False)


@pytest.fixture(scope="module")
def mailpit_tls(certificate):
    with mailpit(certificate, implicit_tls=True) as server:
        yield OnMailpit(server, certificate.client(), implicit_tls=True)


@pytest.fixture
async def smtp():
    async with ScriptedSmtp("8BITMIME").serving() as server:
        yield OnSmtp(server)


@pytest.fixture
async def mailgun():
    async with MailgunServer().serving() as server:
        yield OnMailgun(server)


@pytest.fixture
def console():
    return OnConsole()


@pytest.fixture
async def service(request, smtp, mailgun):
    opened = {"smtp": smtp, "mailgun": mailgun}.get(request.param) or request.getfixturevalue(request.param)
    if isinstance(opened, OnMailpit):
        opened.server.empty()
    return opened


@pytest.fixture(autouse=True)
def logs_tell_nothing(caplog):
    """Whatever happens, no log line of any level or library tells a code, an address, a key or a password."""
    caplog.set_level(logging.DEBUG)
    yield
    for record in caplog.get_records("call"):
        line = record.getMessage()
        assert [it for it in ("012345", "Ann+x", KEY, PASSWORD) if it in line] == [], line


ENGINES = [pytest.param(name, marks=pytest.mark.engine) for name in ("mailpit_starttls", "mailpit_tls")]
DELIVERING = pytest.mark.parametrize("service", ["smtp", "mailgun", *ENGINES], indirect=True)
ALL = pytest.mark.parametrize("service", ["console", "smtp", "mailgun", *ENGINES], indirect=True)
FAILING = pytest.mark.parametrize("service", ["smtp", "mailgun"], indirect=True)


def faults(smtp, mailgun):
    """One test a fault: scripts of the SMTP server, answers of Mailgun."""
    cases = [pytest.param("smtp", it, id=f"smtp-{'-'.join(it)}-{'-'.join(it.values())[:5].strip()}") for it in smtp]
    cases += [pytest.param("mailgun", it, id=f"mailgun-{it.status}{'-dripping' * it.is_dripping}") for it in mailgun]
    return pytest.mark.parametrize(("service", "fault"), cases, indirect=["service"])


STEPS = ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "BODY")
LATER = [{step: f"{code} {CHATTY}"} for step, code in zip(STEPS, (421, 421, 451, 450, 451, 452), strict=True)]
REFUSED = [{step: f"{code} {CHATTY}"} for step, code in zip(STEPS, (554, 550, 553, 550, 554, 554), strict=True)]
REFUSED[1]["HELO"] = REFUSED[1]["EHLO"]


@ALL
async def test_a_mail_is_accepted(service):
    """A mail service that answers takes responsibility for the mail."""
    async with service.open() as transport:
        assert await transport.send(mail()) == Accepted()
        assert await transport.send(mail(code="999999")) == Accepted()


@DELIVERING
async def test_the_whole_mail_arrives(service):
    """Subject, both bodies, sender, recipient, Message-ID and Auto-Submitted are there at the other end."""
    async with service.open() as transport:
        await transport.send(mail())
    assert service.arrived() == [
        Arrived(
            to="Ann+x@example.org",
            sender=SENDER,
            subject="012345 is your code",
            text="012345 für dich\n",
            html="<p>012345 für dich</p>\n",
            message_id="<r1.1@localhost>",
            auto_submitted="auto-generated",
        )
    ]


@DELIVERING
async def test_a_domain_travels_in_ascii(service):
    """A domain with letters beyond ASCII is mailed to as DNS knows it."""
    async with service.open() as transport:
        assert await transport.send(mail("ann@bücher.example")) == Accepted()
    assert [it.to for it in service.arrived()] == ["ann@xn--bcher-kva.example"]


@faults([*LATER, *({step: DROP} for step in STEPS)], map(Answer, (408, 429, 500, 502, 503, 504, 302)))
async def test_a_passing_fault_means_later(service, fault):
    """A temporary refusal and a lost connection, at whatever step, mean that the mail may be sent again."""
    service.suffer(fault)
    async with service.open() as transport:
        answer = await transport.send(mail())
    assert isinstance(answer, Later)
    assert 0 < answer.delay_s <= 30


@faults(REFUSED, map(Answer, (400, 402, 413, 422)))
async def test_a_refusal_is_final(service, fault):
    """A permanent refusal, at whatever step, means never, and its reason tells the kind and no content."""
    service.suffer(fault)
    async with service.open() as transport:
        answer = await transport.send(mail())
    assert isinstance(answer, Never)
    assert str(getattr(fault, "status", "")) in answer.reason
    assert "Ann" not in answer.reason
    assert "012345" not in answer.reason
    assert service.arrived() == []


@faults([{"MAIL": f"{code} {CHATTY}"} for code in (530, 534, 535, 538)], map(Answer, (401, 403, 404)))
async def test_an_operators_mistake_ends_no_request(service, fault, caplog):
    """A refusal of us and not of the mail means later, and one loud line each time that it begins."""
    async with service.open() as transport:
        for _ in range(2):
            service.suffer(fault)
            for _ in range(3):
                assert isinstance(await transport.send(mail()), Later)
            service.recover()
            assert await transport.send(mail()) == Accepted()
    loud = [it.getMessage() for it in caplog.records if it.levelno >= logging.ERROR]
    assert len(loud) == 2
    assert all("check" in line for line in loud)


@faults(
    [*({step: STALL} for step in STEPS), dict.fromkeys(STEPS, SLOW)],
    [HELD, Answer(is_dripping=True)],
)
async def test_silence_means_later(service, fault):
    """A service that stops answering, or answers each step just in time, is given up on when the whole time is over."""
    service.suffer(fault)
    async with service.open(limit_s=IMPATIENT_S if STALL in str(fault) or fault == HELD else SLUGGISH_S) as transport:
        assert isinstance(await transport.send(mail()), Later)


@faults([{"BODY": DROP}], [Answer(is_lost=True)])
async def test_a_lost_reply_may_cost_a_second_identical_mail(service, fault):
    """If the mail was taken and the reply was lost the answer is later, and the repetition is the same mail."""
    service.suffer(fault)
    async with service.open() as transport:
        assert isinstance(await transport.send(mail()), Later)
        service.recover()
        assert await transport.send(mail()) == Accepted()
    first, second = service.arrived()
    assert first == second


@FAILING
async def test_nobody_there_means_later(service, smtp, mailgun):
    """A service that refuses connections may be back soon."""
    async with ScriptedSmtp().serving() as gone_smtp, MailgunServer().serving() as gone_mailgun:
        gone = OnSmtp(gone_smtp) if service is smtp else OnMailgun(gone_mailgun)
    async with gone.open() as transport:
        assert isinstance(await transport.send(mail()), Later)


@faults([{"RCPT": "450 later"}], [Answer(503)])
async def test_it_recovers(service, fault):
    """After any number of failures, each followed by a longer pause, the next mail is taken as usual."""
    async with service.open() as transport:
        service.suffer(fault)
        delays = [(await transport.send(mail())).delay_s for _ in range(4)]
        service.recover()
        assert await transport.send(mail()) == Accepted()
        service.suffer(fault)
        assert (await transport.send(mail())).delay_s <= 1 < 4 <= delays[-1]


@DELIVERING
@pytest.mark.parametrize(
    "changes",
    [
        {"to": "ann@example.org, bob@example.org"},
        {"to": "ann@example.org\r\nBcc: bob@example.org"},
        {"to": "Bob <bob@example.org>"},
        {"to": "ann@bob@example.org"},
        {"to": "ann\n@example.org"},
        {"to": "ann> SIZE=1@example.org"},
        {"to": "ann@exam ple.org"},
        {"to": "ann@"},
        {"to": "@example.org"},
        {"to": ""},
        {"subject": "code\r\nBcc: bob@example.org"},
        {"message_id": "<1@localhost>\r\nBcc: bob@example.org"},
    ],
    ids=lambda changes: repr(changes)[:40],
)
async def test_nothing_is_smuggled_in(service, changes):
    """What is more than one mailbox, or more than one line of a header, is refused before anything is sent."""
    async with service.open() as transport:
        assert isinstance(await transport.send(mail(**changes)), Never)
    assert service.arrived() == []


@pytest.mark.parametrize("service", ENGINES, indirect=True)
async def test_a_wrong_password_waits_for_its_repair(service, caplog):
    """A real server's refusal of the password means later and one loud line, and nothing was mailed."""
    async with service.open(password="wrong") as transport:
        assert isinstance(await transport.send(mail()), Later)
    assert [it.levelno for it in caplog.records if "check user and password" in it.getMessage()] == [logging.ERROR]
    assert service.arrived() == []


@pytest.mark.parametrize("service", ENGINES, indirect=True)
async def test_an_unknown_certificate_is_not_trusted(service, tmp_path):
    """A real server with a certificate of an unknown authority gets neither password nor mail."""
    async with service.open(context=Certificate(tmp_path).client()) as transport:
        assert isinstance(await transport.send(mail()), Later)
    assert service.arrived() == []


async def test_the_console_prints_one_line_a_mail(capsys):
    """The developer reads address and code in exactly one line, leading zeros included."""
    transport = ConsoleMail()
    await transport.send(mail())
    await transport.send(mail("bob@example.org", "999999"))
    assert capsys.readouterr().out == (
        "sign-in code for Ann+x@example.org: 012345 (valid 3 minutes)\n"
        "sign-in code for bob@example.org: 999999 (valid 3 minutes)\n"
    )
