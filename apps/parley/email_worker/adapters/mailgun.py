"""Mail by Mailgun's HTTP interface. A reply that is lost after Mailgun took the mail is answered by sending it again.

Mailgun knows no idempotency key, so that is a second, identical mail. Next: Mailgun's own queue.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2

from parley.email_worker.adapters.backoff import Backoff
from parley.email_worker.adapters.mail_urls import MailgunDomain, Region
from parley.email_worker.model import Mail
from parley.email_worker.ports import Accepted, Later, Never
from parley.onetimecodes.model import DELIVERY_DEADLINE_MS

LIMIT_S = 25.0
"""One attempt takes at most this long, connecting included, which is below the port's 30 s."""

REGIONS: dict[Region, str] = {"eu": "https://api.eu.mailgun.net", "us": "https://api.mailgun.net"}
"""Where each region answers; a domain exists in one of them only."""

_TAG = "sign-in-code"
_AGAIN = (408, 429)
_MISCONFIGURED = (401, 403, 404)
"""The key is wrong or may not do this, or the domain is not in this region: nothing about the mail."""

_LONGEST_S = DELIVERY_DEADLINE_MS / 1000
"""Waiting longer than a request lives would only hold up the later ones of the same address."""

_log = logging.getLogger("parley.email_worker.mailgun")


@asynccontextmanager
async def open_mailgun(
    domain: MailgunDomain, api_key: str, sender: str, *, base_url: str = "", limit_s: float = LIMIT_S
) -> AsyncIterator["MailgunMail"]:
    """The transport with its HTTP client, whose connections are kept and close with it; certificates are checked."""
    base = base_url or REGIONS[domain.region]
    async with httpx2.AsyncClient(base_url=base, auth=("api", api_key), timeout=limit_s) as client:
        yield MailgunMail(client, domain.name, sender, limit_s)


class MailgunMail:
    """Hands mails to Mailgun for one sending domain."""

    def __init__(self, client: httpx2.AsyncClient, domain: str, sender: str, limit_s: float) -> None:
        self._client, self._path = client, f"/v3/{domain}/messages"
        self._sender, self._limit_s = sender, limit_s
        self._backoff = Backoff()
        self._is_misconfigured = False

    async def send(self, mail: Mail) -> Accepted | Later | Never:
        """See the port."""
        try:
            fields = _fields(mail, self._sender)
        except ValueError:
            return Never("the mail cannot be written as a message")
        try:
            # The client bounds each step; only this bounds them all.
            async with asyncio.timeout(self._limit_s):
                response = await self._client.post(self._path, data=fields)
        except (httpx2.HTTPError, TimeoutError) as error:
            return self._later(type(error).__name__)
        return self._answer(response)

    def _answer(self, response: httpx2.Response) -> Accepted | Later | Never:
        # What Mailgun wrote stays out of the log: it likes to repeat the address.
        if response.is_success:
            self._backoff.reset()
            self._is_misconfigured = False
            return Accepted()
        if response.status_code in _MISCONFIGURED:
            return self._to_be_repaired(response.status_code)
        if response.is_client_error and response.status_code not in _AGAIN:
            return Never(f"HTTP status {response.status_code}")
        return self._later(f"HTTP status {response.status_code}", retry_after_s(response.headers.get("Retry-After")))

    def _to_be_repaired(self, status: int) -> Later:
        # Requests wait as long as they live; a repair within that time loses none. Told once, not for each mail.
        if not self._is_misconfigured:
            _log.error("Mailgun takes no mails from us (HTTP status %d): check MAILGUN_API_KEY and MAIL_URL", status)
        self._is_misconfigured = True
        return Later(self._backoff.next_s())

    def _later(self, reason: str, asked_s: float = 0) -> Later:
        _log.warning("Mailgun did not take a mail: %s", reason)
        return Later(max(self._backoff.next_s(), min(asked_s, _LONGEST_S)))


def retry_after_s(value: str | None) -> float:
    """The seconds that a Retry-After header asks for (RFC 9110 section 10.2.3); 0 if it is absent or unreadable."""
    if value is None:
        return 0
    if value.isascii() and value.isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return 0
    return max(0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _fields(mail: Mail, sender: str) -> dict[str, str]:
    # Made of the message's headers, so that what could smuggle one in has been refused.
    message = mail.mime(sender)
    return {
        "from": str(message["From"]),
        "to": str(message["To"]),
        "subject": str(message["Subject"]),
        "text": mail.text,
        "html": mail.html,
        "h:Message-Id": str(message["Message-ID"]),
        "h:Auto-Submitted": str(message["Auto-Submitted"]),
        "o:tag": _TAG,
        # Nothing in this mail is to be clicked, and nobody needs to know when it was read.
        "o:tracking": "no",
    }
