"""What BUS_URL says about Kafka, read without any driver, so that a mistake is told with all the others.

No sentence repeats a part of the URL, because any part may turn out to be a piece of the password.
Next: `kafka_link.py`, the way to the brokers.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

MECHANISMS = ("SCRAM-SHA-512", "SCRAM-SHA-256")
"""How a password may be proven; the first is meant when none is named."""

_OPTIONS = {"kafka": ("mechanism",), "kafkas": ("mechanism", "ssl_ca")}
_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?")
_PORT = 9092


@dataclass(frozen=True, kw_only=True)
class KafkaServers:
    """The brokers to ask first, each `host:port`. Without a `user` nobody signs in; `ssl_ca` is a file in PEM."""

    addresses: Sequence[str]
    tls: bool = False
    ssl_ca: str | None = None
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    mechanism: str = MECHANISMS[0]


def read_kafka(url: str) -> KafkaServers:
    """Read `kafka://` or `kafkas://`. Raises ValueError with a sentence for whoever configures."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError("it is not a URL; write special signs of a password as %-escapes") from None
    if parts.path.strip("/") or parts.fragment or not url.isprintable():
        raise ValueError("nothing but options may follow the hosts; write special signs of a password as %-escapes")
    login, _, hosts = parts.netloc.rpartition("@")
    user, colon, password = login.partition(":")
    if login and not (user and colon and password):
        raise ValueError("a user needs a password, like kafka://user:password@broker.example.org:9092")
    options = _options(parts.scheme, parts.query)
    return KafkaServers(
        addresses=[_address(it) for it in hosts.split(",")],
        tls=parts.scheme == "kafkas",
        ssl_ca=options.get("ssl_ca"),
        user=unquote(user) or None,
        password=unquote(password) or None,
        mechanism=_mechanism(options.get("mechanism"), has_user=bool(user)),
    )


def _address(text: str) -> str:
    found = _ADDRESS.fullmatch(text)
    port = int(found[2] or _PORT) if found else 0
    if not found or not 0 < port < 65536:
        raise ValueError("it must name hosts, like kafka://one.example.org:9092,two.example.org:9092")
    return f"{found[1]}:{port}"


def _options(scheme: str, query: str) -> Mapping[str, str]:
    known = _OPTIONS[scheme]
    given = parse_qsl(query, keep_blank_values=True)
    if len(dict(given)) < len(given) or any(name not in known or not value for name, value in given):
        raise ValueError(f"the only options of {scheme}: are {' and '.join(known)}, each once and with a value")
    return dict(given)


def _mechanism(asked: str | None, *, has_user: bool) -> str:
    if asked is not None and not has_user:
        raise ValueError("a mechanism is of use only with a user and a password")
    if asked is not None and asked not in MECHANISMS:
        raise ValueError(f"mechanism is one of {' and '.join(MECHANISMS)}")
    return asked or MECHANISMS[0]
