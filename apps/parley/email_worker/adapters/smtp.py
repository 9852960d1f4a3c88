"""Mail over SMTP (RFC 5321), one connection a mail, so that a fault ends with its connection.

A reply that is lost after the server took the mail looks like any lost connection. The mail is then sent again, under
the same Message-ID and with the same code. Next: the server's own queue.
"""

import asyncio
import logging
import ssl
from datetime import UTC, datetime

import aiosmtplib

from parley.email_worker.adapters.backoff import Backoff
from parley.email_worker.adapters.mail_urls import SmtpServer, StartTls
from parley.email_worker.model import Mail
from parley.email_worker.ports import Accepted, Later, Never

LIMIT_S = 25.0
"""One attempt takes at most this long, connecting included; with the goodbye it stays below the port's 30 s."""

GOODBYE_S = 2.0
"""Once the mail is taken, the server may take so long to say goodbye."""

_REFUSED = 500
_MISCONFIGURED = (530, 534, 535, 538)
"""The server wants another password, or one at all (RFC 4954 section 6): nothing about the mail."""

_START_TLS: dict[StartTls, bool | None] = {"offered": None, "required": True, "never": False}

_log = logging.getLogger("parley.email_worker.smtp")


class _Connection(aiosmtplib.SMTP):
    """One connection, which ends at once whoever ends it: this module, a goodbye, or the library after a 421."""

    def close(self) -> None:
        # Closing politely would wait for the server to end its half of TLS; whoever stalls could keep the connection.
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()
        super().close()


class SmtpMail:
    """Hands mails to one server. `tls` replaces the system's idea of whom to trust."""

    def __init__(
        self,
        server: SmtpServer,
        sender: str,
        *,
        limit_s: float = LIMIT_S,
        goodbye_s: float = GOODBYE_S,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._server, self._sender = server, sender
        self._limit_s, self._goodbye_s = limit_s, goodbye_s
        self._tls = tls or ssl.create_default_context()
        self._backoff = Backoff()
        self._is_misconfigured = False

    async def send(self, mail: Mail) -> Accepted | Later | Never:
        """See the port."""
        try:
            message = mail.mime(self._sender)
        except ValueError:
            return Never("the mail cannot be written as a message")
        message["Date"] = datetime.now(UTC)
        client = self._client(message["From"].addresses[0].domain)
        try:
            # The library bounds each step; only this bounds them all. Its own context manager is avoided because it
            # would say goodbye, and wait for the answer, after the time is up.
            async with asyncio.timeout(self._limit_s):
                await client.connect()
                await client.send_message(message)
            await _say_goodbye(client, self._goodbye_s)
        except (aiosmtplib.SMTPException, OSError) as error:
            return self._failed(error)
        finally:
            client.close()
        self._backoff.reset()
        self._is_misconfigured = False
        return Accepted()

    def _client(self, greeting: str) -> _Connection:
        # The greeting is the sender's domain: a container's own name means nothing to the server.
        server = self._server
        return _Connection(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            local_hostname=greeting,
            timeout=self._limit_s,
            use_tls=server.tls,
            start_tls=False if server.tls else _START_TLS[server.starttls],
            tls_context=self._tls,
        )

    def _failed(self, error: Exception) -> Later | Never:
        # What the server wrote stays out of the log: it likes to repeat the address.
        code = _code(error)
        if code in _MISCONFIGURED:
            return self._to_be_repaired(code)
        if code >= _REFUSED:
            return Never(f"SMTP reply {code}")
        if isinstance(error, aiosmtplib.SMTPNotSupported):
            return Never("the mail server does not take addresses with letters beyond ASCII")
        _log.warning("the mail server did not take a mail: %s", f"reply {code}" if code > 0 else type(error).__name__)
        return Later(self._backoff.next_s())

    def _to_be_repaired(self, code: int) -> Later:
        # Requests wait as long as they live; a repair within that time loses none. Told once, not for each mail.
        if not self._is_misconfigured:
            _log.error("the mail server takes no mails from us (reply %d): check user and password in MAIL_URL", code)
        self._is_misconfigured = True
        return Later(self._backoff.next_s())


async def _say_goodbye(client: aiosmtplib.SMTP, limit_s: float) -> None:
    try:
        await client.quit(timeout=limit_s)
    except (aiosmtplib.SMTPException, OSError):
        # The mail has been taken; how the conversation ends changes nothing about that.
        _log.debug("the mail server did not say goodbye")


def _code(error: Exception) -> int:
    match error:
        case aiosmtplib.SMTPRecipientsRefused(recipients=[first, *_]):
            return int(first.code)
        case aiosmtplib.SMTPResponseException(code=code):
            return int(code)
    return 0
