"""The code and the mail, without I/O: how a code follows from its request, and what a mail is made of."""

import hashlib
import hmac
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTPUTF8

import idna

from parley.onetimecodes.model import CodeRequest

CODES = 1_000_000
"""Six decimal digits."""

MIN_LEFT_MS = 60_000
"""A code with less validity than this is replaced instead of mailed: nobody could still type it in."""

_FAIR = 2**32 // CODES * CODES
_SPECIALS = frozenset('()<>[]:;@\\," ')
"""What RFC 5322 gives a meaning to in a list of addresses."""


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One mail with a code. `to` is the address as it was typed; `message_id` is the same for every repetition."""

    to: str
    code: str
    subject: str
    text: str
    html: str
    message_id: str

    def mime(self, sender: str) -> EmailMessage:
        """The message as it goes out: plain text first, HTML as its alternative. It asks for no automatic answer.

        Raises ValueError if `to` is not one mailbox, or a header would break into several.
        """
        message = EmailMessage(policy=SMTPUTF8)
        message["From"], message["To"], message["Subject"] = sender, mailbox(self.to), self.subject
        message["Message-ID"] = self.message_id
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(self.text)
        message.add_alternative(self.html, subtype="html")
        return message


def mailbox(text: str) -> Address:
    """The one mailbox that `text` names, its domain in ASCII. Raises ValueError for a list, a name or anything else."""
    local, _, domain = text.rpartition("@")
    if not local or not local.isprintable() or _SPECIALS & set(local):
        raise ValueError("not a mailbox")
    return Address(username=local, domain=idna.encode(domain, uts46=True, std3_rules=True).decode())


def derive_code(key: bytes, request_id: str, generation: int) -> str:
    """The six digits of one generation of a request: always the same ones, and nothing without the key tells them."""
    return to_digits(_words(key, request_id, generation))


def to_digits(words: Iterable[int]) -> str:
    """Six digits from uniform 32-bit words, each code as likely as any other.

    A word beyond the last whole multiple of CODES is passed over; a plain remainder would prefer small codes.
    """
    fair = next(word for word in words if word < _FAIR)
    return f"{fair % CODES:06d}"


def generation_to_mail(request: CodeRequest) -> int:
    """The generation that may still be mailed: the current one, or the next if its code is nearly over."""
    left = request.code_left_ms
    return request.generation if left is None or left >= MIN_LEFT_MS else request.generation + 1


def _words(key: bytes, request_id: str, generation: int) -> Iterator[int]:
    for block in itertools.count():
        digest = hmac.digest(key, f"{request_id}\x00{generation}\x00{block}".encode(), hashlib.sha256)
        for start in range(0, len(digest), 4):
            yield int.from_bytes(digest[start : start + 4])
