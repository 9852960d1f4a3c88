"""The words and numbers of one-time codes, and the two keyed hashes, without I/O."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Literal

VALID_MS = 180_000
"""A code works for three minutes from the moment it was stored."""

ATTEMPTS = 5
"""So many guesses of one code are compared; there is no sixth."""

FAILURES_PER_DAY = 50
"""So many wrong guesses per address in 24 hours, over all its codes; a known device has as many of its own."""

DAY_MS = 24 * 60 * 60_000
"""The longest span that any limit looks back over; older rows are forgotten."""

FIRST_GENERATION = 1
"""The generation of a request whose code has never been replaced."""

DELIVERY_DEADLINE_MS = 15 * 60_000
"""A request whose code could not be delivered for this long ends as expired."""

REPUBLISH_MS = 15_000
"""An event is published again after this long while its request has no end."""

OFFER_MS = 3_000
"""So long an event is left to the replica that wrote it down, which publishes it at once. If nobody has noted its
publication by then, that replica may be gone, and any other publishes it."""

State = Literal["queued", "sent", "delayed", "failed", "delivered", "bounced", "expired", "dead"]
"""`queued`, then `sent` (or `delayed` while the mail service does not answer), then what the mail service reports.
`expired` and `dead` are ends without a mail; `failed` is how `dead` is told to people."""

UNFINISHED: tuple[State, ...] = ("queued", "delayed")
"""The states that are no end yet: a worker still owes a mail."""

Outcome = Literal["delayed", "delivered", "bounced"]
"""What the mail service reports about a mail that it took."""

OUTCOMES: tuple[Outcome, ...] = ("delayed", "delivered", "bounced")
"""From weak to strong: a mail that waited may arrive, and one that arrived may still be sent back. Reports come in any
order, and a weaker one changes nothing."""

REPORT_VALID_MS = 9 * 60 * 60_000
"""A signed report is taken this long after it was signed, and its token is remembered as long. Mailgun repeats what it
could not hand over for about eight hours, under either of the two schedules that it documents; a shorter time would
refuse the last repetition, a longer one only keep tokens."""

REPORT_AHEAD_MS = 5 * 60_000
"""So far may the signer's clock be ahead of the database's."""


_MESSAGE_ID = re.compile(r"<?([0-9a-f-]{36})\.([0-9]{1,9})@[^<>@\s]+>?")


@dataclass(frozen=True, kw_only=True)
class RequestLimits:
    """How often a code may be asked for. Those per address hold for everybody without a known device together, and for
    each known device alone, so that a stranger who uses them up does not lock the owner out.
    """

    spacing_ms: int = 30_000
    per_hour: int = 5
    per_day: int = 10
    network_per_hour: int = 20
    everyone_per_minute: int = 3_000


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Whom a request is counted against. `network` and `known_device` are keyed hashes.

    `limit_key` is the canonical address without its +tag. `known_device` is set if this browser has signed in with
    this address before.
    """

    limit_key: str
    network: str
    known_device: str | None


@dataclass(frozen=True, kw_only=True)
class CodeRequest:
    """A request for a code, as its row stands. `typed` is the address to mail to, `email` the canonical one."""

    id: str
    email: str
    typed: str
    generation: int
    state: State
    asked_ms: int
    """When it was made: milliseconds since 1970 UTC, by the database's clock."""
    age_ms: int
    """How long ago that was."""
    code_left_ms: int | None
    """How much longer the stored code works, 0 once it is over; None while no code was stored."""
    asked_from: str
    """What to tell the reader of the mail about where it was asked: browser or app, never an address."""
    delivered_ms: int | None = None
    """When the mail service said that the current mail was delivered: milliseconds since 1970 UTC, by its clock."""


def weaker_than(outcome: Outcome) -> tuple[Outcome, ...]:
    """What a report with this outcome replaces, if both are about the same mail."""
    return OUTCOMES[: OUTCOMES.index(outcome)]


def refined(state: State, outcome: Outcome | None) -> State:
    """How a request stands, given what was reported about its current mail.

    Word that a mail arrived or came back is stronger than what the worker knows, which may have lost a reply; word that
    it waits tells nothing about a request that has ended without a mail.
    """
    if outcome is None or (outcome == "delayed" and state in ("expired", "dead")):
        return state
    return outcome


def mail_name(request_id: str, generation: int) -> str:
    """The mail of one generation of a request, as the left part of its Message-ID. Every repetition has the same."""
    return f"{request_id}.{generation}"


def read_message_id(text: str) -> tuple[str, int] | None:
    """Request and generation that a Message-ID names, with its angle brackets or without; None if it is not ours."""
    found = _MESSAGE_ID.fullmatch(text)
    return (found[1], int(found[2])) if found else None


def code_mac(pepper: bytes, request_id: str, email: str, code: str) -> bytes:
    """What is stored instead of the code: HMAC-SHA256 over request, address and code, 32 bytes."""
    message = "\x00".join((request_id, email, code)).encode()
    return hmac.digest(pepper, message, hashlib.sha256)


def keyed_tag(key: bytes, purpose: str, *parts: str) -> str:
    """A keyed hash of something that must be compared but not be read back (browser cookie, client network), as hex.

    The same text gives another tag for another purpose.
    """
    return hmac.digest(key, "\x00".join((purpose, *parts)).encode(), hashlib.sha256).hex()
