"""What KAFKA_URL says, read into the options of librdkafka: the same form that the services' BUS_URL has.

No sentence repeats a part of the URL, because any part may turn out to be a piece of the password. Next: `kafka.py`.
"""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, unquote, urlsplit

_MECHANISMS = ("SCRAM-SHA-512", "SCRAM-SHA-256")
_OPTIONS = {"kafka": ("mechanism",), "kafkas": ("mechanism", "ssl_ca")}
_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?")


def kafka_options(url: str) -> Mapping[str, str]:
    """The options for a URL like `kafkas://user:password@host:9092,host:9092?ssl_ca=/file&mechanism=SCRAM-SHA-256`.

    Raises ValueError with a sentence for whoever configures.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError("it is not a URL; write special signs of a password as %-escapes") from None
    if parts.scheme not in _OPTIONS or parts.path.strip("/") or parts.fragment:
        raise ValueError("it has the form kafka://host:9092; write special signs of a password as %-escapes")
    login, _, hosts = parts.netloc.rpartition("@")
    asked = _asked(parts.scheme, parts.query)
    return {
        "bootstrap.servers": ",".join(_address(it) for it in hosts.split(",")),
        "security.protocol": ("SASL_" if login else "") + ("SSL" if parts.scheme == "kafkas" else "PLAINTEXT"),
        **({"ssl.ca.location": asked["ssl_ca"]} if "ssl_ca" in asked else {}),
        **_login(login, asked.get("mechanism")),
    }


def with_password(url: str, password: str) -> str:
    """The URL with the password of the user that it names. Raises ValueError if it names none, or has one already."""
    scheme, _, rest = url.partition("://")
    user, found, hosts = rest.rpartition("@")
    if not found or not user or ":" in user:
        raise ValueError("beside a file with the password it names the user alone, like kafka://user@host:9092")
    return f"{scheme}://{user}:{quote(password, safe='')}@{hosts}"


def _address(text: str) -> str:
    if (found := _ADDRESS.fullmatch(text)) is None:
        raise ValueError("it must name hosts, like kafka://one.example.org:9092,two.example.org:9092")
    return f"{found[1]}{found[2] or ':9092'}"


def _asked(scheme: str, query: str) -> Mapping[str, str]:
    given = parse_qsl(query, keep_blank_values=True)
    known = _OPTIONS[scheme]
    if len(dict(given)) < len(given) or any(name not in known or not value for name, value in given):
        raise ValueError(f"the only options of {scheme}: are {' and '.join(known)}, each once and with a value")
    return dict(given)


def _login(login: str, mechanism: str | None) -> Mapping[str, str]:
    user, _, password = login.partition(":")
    if bool(login) != bool(user and password):
        raise ValueError("a user needs a password, like kafka://user:password@broker.example.org:9092")
    if mechanism is not None and (not login or mechanism not in _MECHANISMS):
        raise ValueError(f"mechanism is one of {' and '.join(_MECHANISMS)}, and of use only with a user and a password")
    if not login:
        return {}
    named = {"sasl.username": unquote(user), "sasl.password": unquote(password)}
    return {"sasl.mechanism": mechanism or _MECHANISMS[0], **named}
