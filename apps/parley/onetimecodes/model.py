"""The words and numbers of one-time codes, and the two keyed hashes, without I/O."""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Literal

VALID_MS = 180_000
"""A code works for three minutes from the moment it was stored."""

ATTEMPTS = 5
"""So many guesses of one code are compared; there is no sixth."""

FAILURES_PER_DAY = 50
"""So many wrong guesses per canonical address in 24 hours, over all its codes."""

DELIVERY_DEADLINE_MS = 15 * 60_000
"""A request whose code could not be delivered for this long ends as expired."""

State = Literal["queued", "sent", "delayed", "failed", "delivered", "bounced", "expired", "dead"]
"""`queued`, then `sent` (or `delayed` while the mail service does not answer), then what the mail service reports.
`expired` and `dead` are ends without a mail; `failed` is how `dead` is told to people."""


@dataclass(frozen=True, kw_only=True)
class CodeRequest:
    """A request for a code, as its row stands. `typed` is the address to mail to, `email` the canonical one."""

    id: str
    email: str
    typed: str
    generation: int
    state: State
    age_ms: int
    """How long ago it was made, by the database's clock."""
    code_left_ms: int | None
    """How much longer the stored code works; None while no code was stored."""
    asked_from: str
    """What to tell the reader of the mail about where it was asked: browser or app, never an address."""


def code_mac(pepper: bytes, request_id: str, email: str, code: str) -> bytes:
    """What is stored instead of the code: HMAC-SHA256 over request, address and code, 32 bytes."""
    message = "\x00".join((request_id, email, code)).encode()
    return hmac.digest(pepper, message, hashlib.sha256)


def keyed_tag(key: bytes, text: str) -> str:
    """A keyed hash of something that must be compared but not be read back (browser cookie, client network), as hex."""
    return hmac.digest(key, text.encode(), hashlib.sha256).hex()
