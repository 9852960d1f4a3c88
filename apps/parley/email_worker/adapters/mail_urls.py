"""What MAIL_URL says, read without any driver, so that a mistake is told with all the others.

No sentence repeats a part of the URL, because any part may turn out to be a piece of the password.
Next: `smtp.py`, `mailgun.py`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

StartTls = Literal["offered", "required", "never"]
Region = Literal["eu", "us"]

_DOMAIN = re.compile(r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, kw_only=True)
class SmtpServer:
    """Where to hand mails in. `port` None is the protocol's own; `tls` from the first byte, else `starttls` decides."""

    host: str
    port: int | None = None
    tls: bool = False
    starttls: StartTls = "offered"
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class MailgunDomain:
    """A sending domain, and the region that it was made in."""

    name: str
    region: Region


def read_smtp(url: str) -> SmtpServer:
    """Read `smtp://` or `smtps://`. Raises ValueError with a sentence for whoever configures."""
    parts = _split(url)
    tls = parts.scheme == "smtps"
    options = _options(parts, {} if tls else {"starttls": ("required", "never")})
    if not parts.hostname:
        raise ValueError("it must name a host, like smtp://mail.example.org")
    if (parts.username is None) != (parts.password is None) or parts.username == "":
        raise ValueError("a user needs a password, like smtp://user:password@mail.example.org")
    return SmtpServer(
        host=parts.hostname,
        port=parts.port,
        tls=tls,
        starttls=_starttls(options.get("starttls"), has_password=parts.password is not None),
        user=_plain(parts.username),
        password=_plain(parts.password),
    )


def read_mailgun(url: str) -> MailgunDomain:
    """Read `mailgun://domain`. Raises ValueError with a sentence for whoever configures."""
    parts = _split(url)
    if "@" in parts.netloc:
        raise ValueError("the key belongs into MAILGUN_API_KEY or a file, not into a URL")
    region = _options(parts, {"region": ("eu", "us")}).get("region", "us")
    domain = parts.netloc.lower()
    if not _DOMAIN.fullmatch(domain):
        raise ValueError("it must name the sending domain, like mailgun://mg.example.org")
    return MailgunDomain(name=domain, region="eu" if region == "eu" else "us")


def read_base_url(url: str) -> str:
    """An HTTPS address without a final slash; plain HTTP only on this machine. Raises ValueError with a sentence."""
    parts = _split(url)
    _options(parts, {})
    if "@" in parts.netloc or not parts.hostname:
        raise ValueError("it must be a URL like https://api.eu.mailgun.net")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise ValueError("it must begin with https://, because each request carries the key")
    return url.rstrip("/")


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError("it is not a URL; write special signs of a password as %-escapes") from None
    if parts.path.strip("/") or parts.fragment or not url.isprintable():
        raise ValueError("nothing but options may follow the host; write special signs of a password as %-escapes")
    return parts


def _options(parts: SplitResult, known: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    given = parse_qsl(parts.query, keep_blank_values=True)
    if len(dict(given)) < len(given) or any(value not in known.get(name, ()) for name, value in given):
        allowed = " or ".join(f"?{name}={value}" for name, values in known.items() for value in values)
        raise ValueError(f"the only options are {allowed}" if allowed else "it has no options")
    return dict(given)


def _starttls(asked: str | None, *, has_password: bool) -> StartTls:
    match asked:
        case "required" | "never":
            return asked
    # Whoever sits on the line can withhold the offer; that must not bring them the password.
    return "required" if has_password else "offered"


def _plain(text: str | None) -> str | None:
    return None if text is None else unquote(text)
