"""One-time codes in the relational database: what the mail service reports about mails that it took.

A token is used up by inserting it, so that of all replicas exactly one takes it; what it vouches for is written in the
same transaction, so that a report that failed half-way may come again under the same token.
"""

from typing import Any

from sqlalchemy import and_, delete, insert, literal, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from parley.identity.model import digest
from parley.onetimecodes.model import REPORT_AHEAD_MS, REPORT_VALID_MS, weaker_than
from parley.onetimecodes.port import MailReport, RefusedToken
from parley.sql.clock import now_ms
from parley.sql.database import Database
from parley.sql.tables import otp_requests, report_tokens


class SqlMailReports:
    """Reports as columns of their request, tokens as rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, token: str, signed_ms: int, report: MailReport | None) -> None:
        """See the port."""
        async with self._database.write() as connection:
            await _use_up(connection, token, signed_ms)
            if report:
                await _write(connection, report, signed_ms)


async def forget_tokens(connection: AsyncConnection, at_once: int) -> None:
    """Remove tokens that are refused for their age anyway."""
    old = select(report_tokens.c.token).where(report_tokens.c.signed_at < now_ms() - REPORT_VALID_MS)
    forgotten = (await connection.scalars(old.limit(at_once))).all()
    await connection.execute(delete(report_tokens).where(report_tokens.c.token.in_(forgotten)))


async def _use_up(connection: AsyncConnection, token: str, signed_ms: int) -> None:
    # The digest has one length, whatever the sender's tokens will look like.
    values: dict[str, Any] = {"token": literal(digest(token).hex()), "signed_at": literal(signed_ms)}
    in_time = literal(signed_ms).between(now_ms() - REPORT_VALID_MS, now_ms() + REPORT_AHEAD_MS)
    fresh = insert(report_tokens).from_select(list(values), select(*values.values()).where(in_time))
    try:
        taken = (await connection.execute(fresh)).rowcount == 1
    except IntegrityError:
        raise RefusedToken("it was used before") from None
    if not taken:
        raise RefusedToken("it was signed too long ago, or by a clock that is ahead")


async def _write(connection: AsyncConnection, report: MailReport, at_ms: int) -> None:
    current = and_(otp_requests.c.id == report.request_id, otp_requests.c.generation == report.generation)
    is_stronger = or_(
        otp_requests.c.outcome.is_(None),
        otp_requests.c.outcome_generation < report.generation,
        otp_requests.c.outcome.in_(weaker_than(report.outcome)),
    )
    values = {"outcome": report.outcome, "outcome_generation": report.generation, "outcome_at": at_ms}
    await connection.execute(update(otp_requests).where(current, is_stronger).values(values))
