"""Every setting of email-worker."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from parley.bus.settings import BusSettings
from parley.configuration import DatabaseSettings, KeySettings, PageSettings, names_engine
from parley.email_worker.adapters import mail_urls
from parley.email_worker.model import mailbox
from parley.onetimecodes.settings import HexKey, PepperSettings

_NAMED = re.compile(r'(?:"[^"\\]*" |[^<>@,;:"\\()\[\]]+ )?<([^<>]+)>')

_READERS: dict[str, Callable[[str], object]] = {
    "smtp": mail_urls.read_smtp,
    "smtps": mail_urls.read_smtp,
    "mailgun": mail_urls.read_mailgun,
}


class MailSettings(KeySettings):
    """Who delivers mails, and in whose name. Each mistake is told under its own variable, with all others."""

    mail_url: Annotated[str, names_engine("MAIL_URL")] = Field(default="console:", repr=False)
    """Who delivers mails: `console:` prints each code on standard output, which is what a laptop wants.

    `smtp://[user:password@]host[:port]` (port 25 or, where STARTTLS is required, 587) uses STARTTLS where it is
    offered, and insists on it before it sends a password; `?starttls=required` always insists and `?starttls=never`
    never asks. `smtps://` (port 465) is TLS from the first byte. Certificates are checked, as by every program, against
    the system's authorities or SSL_CERT_FILE. `mailgun://<domain>?region=eu` is Mailgun's HTTP interface; without a
    region it is `us`, as in Mailgun's own documentation.
    """

    mail_url_file: Path | None = None
    """A file that holds MAIL_URL, for a URL with a password."""

    mail_url_password_file: Path | None = None
    """A file that holds the password alone; MAIL_URL then has a user and none."""

    mail_from: str = ""
    """The sender, `name@example.org` or `Parley <name@example.org>`. Needed by `smtp:`, `smtps:` and `mailgun:`;
    there is no default, because mails in the name of somebody else's domain are refused or filed as spam."""

    mailgun_api_key: SecretStr | None = None
    """Mailgun's sending key for the domain. Needed by `mailgun:`; not part of the URL, because URLs get printed."""

    mailgun_api_key_file: Path | None = None
    """A file that holds MAILGUN_API_KEY."""

    mailgun_base_url: str = ""
    """Where Mailgun answers, if it is not the region's own address: for tests and for a proxy. It must be https,
    because each request carries the key; http is good for this machine alone."""

    @field_validator("mail_url")
    @classmethod
    def _is_complete(cls, url: str) -> str:
        reader = _READERS.get(_scheme(url))
        if reader:
            reader(url)
        return url

    @field_validator("mail_from")
    @classmethod
    def _is_sender(cls, text: str, info: ValidationInfo) -> str:
        if not text and _scheme(info.data.get("mail_url", "")) in _READERS:
            raise ValueError("it is missing; MAIL_URL needs a sender, like Parley <parley@example.org>")
        return _sender(text) if text else text

    @field_validator("mailgun_api_key")
    @classmethod
    def _is_key(cls, key: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        text = key.get_secret_value() if key else ""
        if not text and _scheme(info.data.get("mail_url", "")) == "mailgun":
            raise ValueError("it is missing; a MAIL_URL with mailgun: needs it, or MAILGUN_API_KEY_FILE")
        if not text.isprintable() or not text.isascii():
            raise ValueError("it must be one line of ASCII")
        return key

    @field_validator("mailgun_base_url")
    @classmethod
    def _is_base_url(cls, url: str) -> str:
        return mail_urls.read_base_url(url) if url else url


class WorkerSettings(MailSettings, PepperSettings, PageSettings, DatabaseSettings, BusSettings):
    """What email-worker reads from the environment."""

    code_key: HexKey
    """The key that codes are derived with, known to this service alone: neither the database nor the bus nor the
    forms can tell a code. There is no default, because codes made with a known key can be computed by anyone."""

    code_key_file: Path | None = None
    """A file that holds CODE_KEY."""

    @property
    def site(self) -> str:
        """Host and port of the page, as mails name it."""
        return urlsplit(self.chat_web_origin.partition(",")[0].strip()).netloc or "localhost"


def _scheme(url: str) -> str:
    return url.partition(":")[0]


def _sender(text: str) -> str:
    named = _NAMED.fullmatch(text)
    address = named[1] if named else text
    try:
        mailbox(address)
        is_one = address.isascii() and text.isprintable()
    except ValueError:
        is_one = False
    if not is_one:
        raise ValueError("it must be one ASCII address, like parley@example.org or Parley <parley@example.org>")
    return text
