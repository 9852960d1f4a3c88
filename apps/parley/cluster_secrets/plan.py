"""What a new secret looks like, and which entries of a plan are missing. Pure: the randomness comes from `secrets`.

A plan is what the chart wants to be there: Secrets by name, each with its entries, each entry with its form. Next:
`certificates.py` for the pair of TLS, `api_server.py` for where the Secrets are, `command.py` for the whole.
"""

import json
import secrets
import string
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

PASSWORD_LENGTH = 32
_LETTERS = string.ascii_letters + string.digits
"""Engines paste passwords into SQL and people into URLs, so there is nothing to escape; 32 of them are 190 bits."""


def password() -> str:
    """A password that needs no escaping anywhere."""
    return "".join(secrets.choice(_LETTERS) for _ in range(PASSWORD_LENGTH))


def key() -> str:
    """A key of 256 bits in hexadecimal."""
    return secrets.token_hex(32)


FORMS: Mapping[str, Callable[[], str]] = {"key": key, "password": password}


@dataclass(frozen=True)
class WantedSecret:
    """A Secret that is to be there: its entries and the form of each; `hosts` are the names of a TLS pair. Without
    either it is made empty, for somebody who may not make one."""

    name: str
    entries: Mapping[str, str]
    hosts: tuple[str, ...] = ()


def parse(text: str) -> tuple[WantedSecret, ...]:
    """Read `{"name": {"entries": {"entry": "key" or "password"}}, "tls": {"hosts": ["chat.example.org"]}}`.

    Raises ValueError with a sentence.
    """
    try:
        document = json.loads(text)
        wanted = tuple(_wanted(name, it) for name, it in document.items())
    except (ValueError, AttributeError, TypeError):
        raise ValueError("it is no JSON object of Secrets, each with `entries` or `hosts`") from None
    unknown = {form for it in wanted for form in it.entries.values()} - set(FORMS)
    if unknown:
        raise ValueError(f"the form '{min(unknown)}' is not known; use one of {', '.join(sorted(FORMS))}")
    return wanted


def _wanted(name: str, given: Mapping[str, Mapping[str, str]]) -> WantedSecret:
    return WantedSecret(name, dict(given.get("entries", {})), tuple(given.get("hosts", ())))


def missing(wanted: WantedSecret, present: Collection[str]) -> Mapping[str, str]:
    """A fresh value for each wanted entry that is not present."""
    return {entry: FORMS[form]() for entry, form in wanted.entries.items() if entry not in present}
