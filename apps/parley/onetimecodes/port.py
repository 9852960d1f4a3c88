"""The port of one-time codes, in three faces: what the form needs, what the mailer needs, and what reports need.

Guarantee: of any number of parallel guesses at a code exactly ATTEMPTS are admitted to comparison, and of any number of
parallel right ones exactly one gets the session. Every decision is one conditional statement on the database's clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from parley.identity.model import Account, NewSession
from parley.onetimecodes.model import Asker, CodeRequest, Outcome, RequestLimits, State


class TooManyRequests(Exception):
    """A limit on asking for codes was hit; the same request may succeed after `retry_after_ms`."""

    def __init__(self, retry_after_ms: int) -> None:
        super().__init__(f"retry after {retry_after_ms} ms")
        self.retry_after_ms = retry_after_ms


class RefusedToken(Exception):
    """A signed report was not taken, and never will be. `reason` says why and holds nothing of the report."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class NewRequest:
    """What is written when a code is asked for. `browser` is a keyed hash of the cookie that the code is bound to."""

    id: str
    email: str
    typed: str
    browser: str
    asked_from: str
    asker: Asker


@dataclass(frozen=True, kw_only=True)
class StoredCode:
    """A live code: which request and generation it belongs to, for which address, and its keyed hash."""

    request_id: str
    generation: int
    email: str
    mac: bytes


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """Leave to compare one guess with each of `codes`. It counts as a failure until `consume` takes that back."""

    id: str
    codes: Sequence[StoredCode]


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """Who signed in, and whether the account was made by doing so."""

    account: Account
    is_new: bool


@dataclass(frozen=True, kw_only=True)
class PendingEvent:
    """A row of the outbox that is to be published."""

    event_id: str
    topic: str
    key: str
    payload: bytes


@dataclass(frozen=True, kw_only=True)
class MailReport:
    """What became of the mail of one generation of a request."""

    request_id: str
    generation: int
    outcome: Outcome


class OneTimeCodes(Protocol):
    """What registration-api needs."""

    async def request(self, new: NewRequest, event: PendingEvent, limits: RequestLimits) -> None:
        """Write the request and its outbox row in one transaction. Raises TooManyRequests; then nothing was written."""

    async def wait_ms(self, asker: Asker, limits: RequestLimits) -> int:
        """How long until a code may be asked for again (0 = now); the same for known and unknown addresses."""

    async def find(self, request_id: str, browser: str) -> CodeRequest | None:
        """The request as it stands, for the browser that asked; None for any other browser and for unknown ids."""

    async def claim_attempt(self, request_id: str, browser: str) -> Attempt | None:
        """Count one guess before it is compared. None when no guess is left, or there is nothing to guess.

        A guess may hit any live code that this browser asked for the same address, and is taken from all of them: they
        share one budget, and a newer code starts with what the older ones have left. A code whose budget is spent is
        dead and shares nothing. The guess is counted against the day's FAILURES_PER_DAY in the same transaction.
        """

    async def consume(self, attempt: Attempt, code: StoredCode, session: NewSession) -> SignedIn | None:
        """Use up the code, make the account if it is new, open the session: one transaction.

        None for all callers but one, and for a disabled account. Other codes of the same browser and address end with
        it; the attempt counts as a failure no longer.
        """

    async def pending_events(self, limit: int, unnoted_ms: int = 0) -> Sequence[PendingEvent]:
        """Outbox rows that are due, oldest first: new ones, and those published REPUBLISH_MS ago or longer.

        New ones only `unnoted_ms` after they were written, if nobody has noted their publication by then.

        A row leaves the outbox when its request ends.
        """

    async def mark_published(self, event_ids: Sequence[str]) -> None:
        """Note that the bus took these events now."""

    async def sweep(self) -> None:
        """End requests that found no delivery for DELIVERY_DEADLINE_MS; forget rows that no limit counts any more."""


class Deliveries(Protocol):
    """What email-worker needs."""

    async def lease(self, request_id: str, worker: str, lease_ms: int) -> CodeRequest | None:
        """Take the request for `lease_ms`, so that two workers never mail it at once.

        None when it is finished, unknown, or leased by another worker.
        """

    async def store_code(self, request_id: str, worker: str, generation: int, mac: bytes) -> bool:
        """Store the code's keyed hash and start its VALID_MS now; an earlier generation of this request dies.

        Storing the same generation again changes nothing, its clock included. False when the lease has been lost or a
        later generation exists: this code must then not be mailed.
        """

    async def record(self, request_id: str, worker: str, state: State) -> None:
        """Write how the delivery stands and give the lease back; an end also settles the outbox row.

        No effect when another worker has taken the lease over.
        """


class MailReports(Protocol):
    """What a mail service's webhook needs."""

    async def take(self, token: str, signed_ms: int, report: MailReport | None) -> None:
        """Use up the token and write the report in one transaction; None only uses up the token.

        `signed_ms` is when the sender signed: milliseconds since 1970 UTC. Raises RefusedToken for a token that was
        used before, by whatever replica, or signed longer than REPORT_VALID_MS ago or more than REPORT_AHEAD_MS ahead;
        then nothing was written. No effect beyond the token for an unknown request, for another generation than the
        current one, and for an outcome that is no stronger than the one that was reported before.
        """
