"""What only SMTP has: TLS from the start or by STARTTLS, passwords, addresses beyond ASCII, and a goodbye."""

import asyncio
import re
import socket

import pytest
from support.certificates import Certificate
from support.mail_services import PATIENT_S, SENDER, mail
from support.smtp_server import DROP, STALL, ScriptedSmtp

from parley.email_worker.adapters.mail_urls import SmtpServer
from parley.email_worker.adapters.smtp import SmtpMail
from parley.email_worker.ports import Accepted, Later, Never

ACCOUNT = {"user": "parley", "password": "hunter2"}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return Certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
async def server(certificate):
    """A server that offers STARTTLS and takes passwords."""
    async with ScriptedSmtp("STARTTLS", "AUTH PLAIN", tls=certificate.server()).serving() as started:
        yield started


@pytest.fixture
async def plain():
    """A server that offers no TLS at all, and takes passwords."""
    async with ScriptedSmtp("AUTH PLAIN").serving() as started:
        yield started


@pytest.fixture
def transport(certificate):
    def to(server, *, trusting=True, goodbye_s=PATIENT_S, **where):
        tls = certificate.client() if trusting else None
        address = SmtpServer(host="127.0.0.1", port=server.port, **where)
        return SmtpMail(address, SENDER, limit_s=PATIENT_S, goodbye_s=goodbye_s, tls=tls)

    return to


def verbs(server):
    return [line.split(" ")[0] for line in server.commands]


@pytest.mark.parametrize("starttls", ["offered", "required"])
async def test_an_offer_of_tls_is_taken(server, transport, starttls):
    """Where STARTTLS is offered the mail goes over TLS, whether that is required or not."""
    assert await transport(server, starttls=starttls).send(mail()) == Accepted()
    assert [it.over_tls for it in server.received] == [True]


async def test_without_an_offer_the_mail_goes_in_the_clear(plain, transport):
    """A server without TLS, such as one beside us, gets the mail unless TLS is required."""
    assert await transport(plain).send(mail()) == Accepted()
    assert [it.over_tls for it in plain.received] == [False]


async def test_required_tls_that_is_not_offered_means_later(plain, transport):
    """If the offer is missing, perhaps because somebody on the line took it out, nothing of the mail is told."""
    assert isinstance(await transport(plain, starttls="required", **ACCOUNT).send(mail()), Later)
    assert set(verbs(plain)) <= {"EHLO", "QUIT"}


async def test_tls_can_be_declined(server, transport):
    """`starttls=never` takes no offer."""
    assert await transport(server, starttls="never").send(mail()) == Accepted()
    assert [it.over_tls for it in server.received] == [False]


@pytest.mark.parametrize("starttls", ["offered", "required"])
async def test_an_unknown_certificate_is_not_trusted(server, transport, starttls):
    """A certificate that nobody vouches for ends the attempt before the mail, and does not lead to a plain one."""
    assert isinstance(await transport(server, trusting=False, starttls=starttls, **ACCOUNT).send(mail()), Later)
    assert verbs(server) == ["EHLO", "STARTTLS"]


async def test_tls_from_the_first_byte(certificate, transport):
    """`smtps` speaks TLS at once, and asks for no STARTTLS inside of it."""
    async with ScriptedSmtp("STARTTLS", tls=certificate.server()).serving(implicit_tls=True) as server:
        assert await transport(server, tls=True).send(mail()) == Accepted()
        assert [it.over_tls for it in server.received] == [True]
        assert "STARTTLS" not in verbs(server)


async def test_an_unknown_certificate_of_smtps_is_not_trusted(certificate, transport):
    """`smtps` checks the certificate, too."""
    async with ScriptedSmtp(tls=certificate.server()).serving(implicit_tls=True) as server:
        assert isinstance(await transport(server, trusting=False, tls=True).send(mail()), Later)
        assert server.commands == []


async def test_a_password_is_used(server, transport):
    """With a user in the URL the session is authenticated before the mail."""
    assert await transport(server, starttls="required", **ACCOUNT).send(mail()) == Accepted()
    assert verbs(server).index("AUTH") < verbs(server).index("MAIL")


@pytest.mark.parametrize("reply", ["535 no", "454 not now"])
async def test_a_refused_password(server, transport, reply):
    """A password that is wrong, or cannot be checked now, may be repaired; no mail goes out without it."""
    server.script = {"AUTH": reply}
    assert isinstance(await transport(server, starttls="required", **ACCOUNT).send(mail()), Later)
    assert "MAIL" not in verbs(server)


@pytest.mark.parametrize("goodbye", [DROP, STALL, "500 what", "421 rude"])
async def test_the_goodbye_changes_nothing(plain, transport, goodbye):
    """Once the mail is taken it is accepted, however the conversation ends."""
    plain.script = {"QUIT": goodbye}
    assert await transport(plain, goodbye_s=0.05 if goodbye == STALL else PATIENT_S).send(mail()) == Accepted()
    assert verbs(plain)[-1] == "QUIT"


def talk_without_end(listener, tls):
    """Take one mail over TLS and answer QUIT, and return what the network brings after that."""
    connection, _ = listener.accept()
    talk = tls.wrap_socket(connection, server_side=True)
    talk.sendall(b"220 ready\r\n")
    with talk.makefile("rb") as lines:
        replies = {b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}
        while not (line := lines.readline()).startswith(b"QUIT"):
            talk.sendall(replies.get(line[:4], b"250 fine\r\n"))
            while line.startswith(b"DATA") and lines.readline() != b".\r\n":
                pass
            if line.startswith(b"DATA"):
                talk.sendall(b"250 taken\r\n")
        talk.sendall(replies[b"QUIT"])
    with socket.socket(fileno=talk.detach()) as wire:
        return wire.recv(1)


async def test_a_connection_ends_with_its_mail(certificate):
    """After the goodbye the connection is gone at once: nobody waits for the server to end its half of TLS."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENT_S)
        server = SmtpServer(host="127.0.0.1", port=listener.getsockname()[1], tls=True)
        sender = SmtpMail(server, SENDER, limit_s=PATIENT_S, goodbye_s=PATIENT_S, tls=certificate.client())
        sent, after = await asyncio.gather(
            sender.send(mail()), asyncio.to_thread(talk_without_end, listener, certificate.server())
        )
    assert (sent, after) == (Accepted(), b"")


async def test_letters_beyond_ascii_need_smtputf8(plain, transport):
    """A local part beyond ASCII is refused for good by a server that cannot take it, and reaches one that can."""
    assert isinstance(await transport(plain).send(mail("änn@example.org")), Never)
    async with ScriptedSmtp("SMTPUTF8", "8BITMIME").serving() as modern:
        assert await transport(modern).send(mail("änn@example.org")) == Accepted()
        assert [it.recipient for it in modern.received] == ["RCPT TO:<änn@example.org>"]


async def test_the_envelope_is_bare(plain, transport):
    """Server and recipient see the sender's address without its name, and a greeting that is a domain."""
    await transport(plain).send(mail())
    assert plain.commands[0].lower() == "ehlo example.org"
    assert re.match(r"MAIL FROM:<parley@example.org>", plain.received[0].sender)
    assert re.search(rb"\r\nDate: \w{3}, \d", plain.received[0].data)


async def test_a_line_with_a_single_dot_is_text(plain, transport):
    """A dot alone on a line does not end the mail."""
    await transport(plain).send(mail(text="before\n.\nafter\n"))
    assert b"before\r\n..\r\nafter\r\n" in plain.received[0].data


async def test_a_cancelled_attempt_ends_at_once(plain, transport):
    """Stopping the worker in the middle of a mail waits for no server, and the connection is closed."""
    plain.script = {"DATA": STALL}
    sending = asyncio.create_task(transport(plain).send(mail()))
    while "DATA" not in verbs(plain):
        await asyncio.sleep(0)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert "QUIT" not in verbs(plain)
