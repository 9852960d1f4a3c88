"""The rules of signing in that need no I/O: what an address is, what a typed code is, what a name may be.

Next: `visitors.py`, who is asking; `service.py`, what happens.
"""

import re
import unicodedata
from dataclasses import dataclass

import idna

from parley.registration_api.errors import InvalidAddress

MAX_ADDRESS = 254
_MAX_LOCAL = 64
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+")
_HIDDEN = ("C", "Z")


@dataclass(frozen=True)
class Address:
    """An e-mail address. `canonical` tells people apart, `limit_key` is what limits count by, `typed` is mailed to.

    `typed` keeps case and +tag but is NFKC, too: otherwise the owner of a mailbox that only looks like another one
    (full-width letters, say) could prove the other one to be theirs.
    """

    typed: str
    canonical: str
    limit_key: str


def parse_address(text: str) -> Address:
    """Read what was typed. Raises InvalidAddress with a sentence for the person who typed it."""
    typed = unicodedata.normalize("NFKC", text.strip())
    local, at, domain = typed.rpartition("@")
    if not at or "@" in local:
        raise InvalidAddress("An address has exactly one @.")
    if any(unicodedata.category(sign)[0] in _HIDDEN for sign in typed):
        raise InvalidAddress("An address has no spaces or invisible characters.")
    canonical = f"{_canonical_local(local)}@{_canonical_domain(domain)}"
    if max(len(typed), len(canonical)) > MAX_ADDRESS:
        raise InvalidAddress(f"An address has at most {MAX_ADDRESS} characters.")
    return Address(typed, canonical, limit_key(canonical))


def limit_key(canonical: str) -> str:
    """A canonical address without its +tag, so that tags give nobody a further budget."""
    local, _, domain = canonical.rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"


def code_digits(text: str) -> str | None:
    """The six digits of a typed code, spaces and hyphens left out; None if it is anything else."""
    digits = re.sub(r"[\s\-]", "", text)
    return digits if re.fullmatch(r"[0-9]{6}", digits) else None


def plain_text(text: str) -> str:
    """A name without surrounding spaces. Raises ValueError if nothing is left, or for control characters."""
    name = unicodedata.normalize("NFC", text).strip()
    if not name:
        raise ValueError("it must not be empty")
    if any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in name):
        raise ValueError("it must not contain control characters")
    return name


def _canonical_local(local: str) -> str:
    if not all(_ATOM.fullmatch(atom) for atom in local.split(".")):
        raise InvalidAddress("The part before the @ is not written as mail addresses are.")
    if len(local.encode()) > _MAX_LOCAL:
        raise InvalidAddress(f"The part before the @ has at most {_MAX_LOCAL} bytes.")
    # Lower case may leave the normal form, for example for a dotted capital I.
    return unicodedata.normalize("NFKC", local.lower())


def _canonical_domain(domain: str) -> str:
    try:
        ascii_form = idna.encode(domain, uts46=True, std3_rules=True, transitional=False).decode().lower()
    except (idna.IDNAError, UnicodeError):
        raise InvalidAddress("The part after the @ is not a domain name.") from None
    if ascii_form.endswith(".") or ascii_form.rpartition(".")[2].isdecimal():
        raise InvalidAddress("The part after the @ is not a domain name.")
    return ascii_form
