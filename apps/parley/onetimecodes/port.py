"""The port of one-time codes, in two faces: what the form needs, and what the mailer needs.

Guarantee: of any number of parallel guesses at a code exactly ATTEMPTS are admitted to comparison, and of any number of
parallel right ones exactly one gets the session. Every decision is one conditional statement on the database's clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from parley.identity.model import Account
from parley.onetimecodes.model import CodeRequest, State


class TooManyRequests(Exception):
    """A limit on asking for codes was hit; the same request may succeed after `retry_after_ms`."""

    def __init__(self, retry_after_ms: int) -> None:
        super().__init__(f"retry after {retry_after_ms} ms")
        self.retry_after_ms = retry_after_ms


@dataclass(frozen=True, kw_only=True)
class NewRequest:
    """What is written when a code is asked for. Keyed hashes stand for the browser and the client's network."""

    id: str
    email: str
    limit_key: str
    """The canonical address without its +tag: limits count by it."""
    typed: str
    browser: str
    network: str
    known_device: str | None
    asked_from: str


@dataclass(frozen=True, kw_only=True)
class NewSession:
    """The session to be opened by whoever consumes a code."""

    device: str
    token_digest: bytes
    name: str
    platform: str


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """Leave to compare one guess: `macs` are those of every code that this browser may still use for this request."""

    codes: Sequence["StoredCode"]


@dataclass(frozen=True, kw_only=True)
class StoredCode:
    """A live code: which request and generation it belongs to, for which address, and its keyed hash."""

    request_id: str
    generation: int
    email: str
    mac: bytes


@dataclass(frozen=True, kw_only=True)
class PendingEvent:
    """A row of the outbox that is to be published: the event's id and the request it names."""

    event_id: str
    key: str
    payload: bytes


class OneTimeCodes(Protocol):
    """What registration-api needs."""

    async def request(self, new: NewRequest, event: PendingEvent) -> None:
        """Write the request and its outbox row in one transaction. Raises TooManyRequests; then nothing was written."""

    async def find(self, request_id: str, browser: str) -> CodeRequest | None:
        """The request as it stands, for the browser that asked; None for any other browser and for unknown ids."""

    async def resend_wait_ms(self, limit_key: str) -> int:
        """How long until this address may ask again (0 = now), whether it is known or not."""

    async def claim_attempt(self, request_id: str, browser: str, known_device: str | None) -> Attempt | None:
        """Count one guess before it is compared. None when no guess is left, or there is nothing to guess.

        A guess is taken from the codes that this browser asked for and that still live, together: they share one budget.
        """

    async def record_failure(self, limit_key: str, known_device: str | None) -> None:
        """Count a guess that was compared and wrong against the day's budget."""

    async def consume(self, code: StoredCode, session: NewSession) -> Account | None:
        """Use up the code, make the account if it is new, open the session: one transaction. None for all but one caller."""

    async def pending_events(self, limit: int) -> Sequence[PendingEvent]:
        """Outbox rows that are due: new ones, and those published over 15 s ago whose request has no terminal state."""

    async def mark_published(self, event_ids: Sequence[str]) -> None:
        """Note that the bus took these events now; they become due again unless their request ends."""


class Deliveries(Protocol):
    """What email-worker needs."""

    async def lease(self, request_id: str, worker: str, lease_ms: int) -> CodeRequest | None:
        """Take the request for `lease_ms`, so that two workers never mail it at once.

        None when it is finished, unknown, or leased by another worker.
        """

    async def store_code(self, request_id: str, generation: int, mac: bytes) -> None:
        """Store the code's keyed hash and start its VALID_MS now; an earlier generation of this request dies.

        Storing the same generation again changes nothing, its clock included.
        """

    async def record(self, request_id: str, worker: str, state: State) -> None:
        """Write how the delivery stands and give the lease back; a terminal state also settles the outbox row."""
