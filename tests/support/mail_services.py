"""The mail services that a transport is tried on: how to reach each, what arrived there, and how it fails."""

import email
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from typing import Any

from support.mailgun_server import Answer, MailgunServer
from support.mailpit import PASSWORD, USER, Mailpit
from support.smtp_server import ScriptedSmtp

from parley.email_worker.adapters.mail_urls import MailgunDomain, SmtpServer
from parley.email_worker.adapters.mailgun import open_mailgun
from parley.email_worker.adapters.smtp import SmtpMail
from parley.email_worker.model import Mail
from parley.email_worker.ports import MailTransport

SENDER = "Parley <parley@example.org>"
KEY = "key-hunter2"
PATIENT_S = 20.0
"""A time limit that no test on loopback comes near, however busy the machine is."""


def mail(to: str = "Ann+x@example.org", code: str = "012345", **changes: Any) -> Mail:
    """A mail with a code; every member can be changed."""
    values = {"subject": f"{code} is your code", "text": f"{code} für dich\n", "html": f"<p>{code} für dich</p>\n"}
    return Mail(**values | {"to": to, "code": code, "message_id": "<r1.1@localhost>"} | changes)


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """A mail as the other end sees it."""

    to: str
    sender: str
    subject: str
    text: str
    html: str
    message_id: str
    auto_submitted: str


class OnSmtp:
    """The scripted SMTP server; a fault is a script."""

    def __init__(self, server: ScriptedSmtp) -> None:
        self.server = server

    @asynccontextmanager
    async def open(self, limit_s: float = PATIENT_S):
        yield SmtpMail(SmtpServer(host="127.0.0.1", port=self.server.port), SENDER, limit_s=limit_s)

    def suffer(self, fault: Mapping[str, str]) -> None:
        self.server.script = dict(fault)

    def recover(self) -> None:
        self.server.script = {}

    def arrived(self) -> list[Arrived]:
        return [_parsed(it.data) for it in self.server.received]


class OnMailgun:
    """Mailgun's interface on loopback; a fault is an answer."""

    def __init__(self, server: MailgunServer) -> None:
        self.server = server

    def open(self, limit_s: float = PATIENT_S) -> AbstractAsyncContextManager[MailTransport]:
        domain = MailgunDomain(name="mg.example.org", region="eu")
        return open_mailgun(domain, KEY, SENDER, base_url=self.server.url, limit_s=limit_s)

    def suffer(self, fault: Answer) -> None:
        self.server.answer = fault

    def recover(self) -> None:
        self.server.answer = Answer()

    def arrived(self) -> list[Arrived]:
        return [_from_fields(it.fields) for it in self.server.received]


class OnMailpit:
    """The real server, with TLS and a password; it does not fail on demand."""

    def __init__(self, server: Mailpit, context, *, implicit_tls: bool) -> None:
        self.server, self._context, self._implicit_tls = server, context, implicit_tls

    @asynccontextmanager
    async def open(self, limit_s: float = PATIENT_S, password: str = PASSWORD, context=None):
        where = SmtpServer(
            host=self.server.host, port=self.server.port, tls=self._implicit_tls, user=USER, password=password
        )
        yield SmtpMail(where, SENDER, limit_s=limit_s, tls=context or self._context)

    def arrived(self) -> list[Arrived]:
        return [_from_mailpit(it) for it in self.server.mails()]


def _parsed(data: bytes) -> Arrived:
    message = email.message_from_bytes(data, policy=default)
    assert isinstance(message, EmailMessage)
    text, html = message.iter_parts()
    return Arrived(
        to=message["To"],
        sender=message["From"],
        subject=message["Subject"],
        text=text.get_content().replace("\r\n", "\n"),
        html=html.get_content().replace("\r\n", "\n"),
        message_id=message["Message-ID"],
        auto_submitted=message["Auto-Submitted"],
    )


def _from_fields(fields: Mapping[str, str]) -> Arrived:
    return Arrived(
        to=fields["to"],
        sender=fields["from"],
        subject=fields["subject"],
        text=fields["text"],
        html=fields["html"],
        message_id=fields["h:Message-Id"],
        auto_submitted=fields["h:Auto-Submitted"],
    )


def _from_mailpit(found: Mapping[str, Any]) -> Arrived:
    headers = found["headers"]
    return Arrived(
        to=headers["To"][0],
        sender=headers["From"][0],
        subject=found["Subject"],
        text=found["Text"].replace("\r\n", "\n"),
        html=found["HTML"].replace("\r\n", "\n"),
        message_id=headers["Message-Id"][0],
        auto_submitted=headers["Auto-Submitted"][0],
    )
