"""What the two faces of one-time codes both read: a request with its current code, and when a code is alive."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from parley.onetimecodes.model import ATTEMPTS, CodeRequest, refined
from parley.sql.clock import now_ms
from parley.sql.tables import otp_codes, otp_requests, outbox
from parley.sql.turns import take_turn


def is_live() -> ColumnElement[bool]:
    """A code that may still be guessed: not used, not over, with an attempt left."""
    return and_(otp_codes.c.consumed_at.is_(None), otp_codes.c.expires_at > now_ms(), otp_codes.c.attempts < ATTEMPTS)


def code_requests() -> Select[Any]:
    """Requests, each with how old it is and how long its current code still works."""
    current = and_(otp_codes.c.request_id == otp_requests.c.id, otp_codes.c.generation == otp_requests.c.generation)
    age = (now_ms() - otp_requests.c.created_at).label("age_ms")
    left = (otp_codes.c.expires_at - now_ms()).label("left_ms")
    return select(otp_requests, age, left).join_from(otp_requests, otp_codes, current, isouter=True)


def code_request(row: Row[Any]) -> CodeRequest:
    """A row of `code_requests` in the port's words."""
    outcome = row.outcome if row.outcome_generation == row.generation else None
    return CodeRequest(
        id=row.id,
        email=row.email,
        typed=row.typed,
        generation=row.generation,
        state=refined(row.state, outcome),
        asked_ms=row.created_at,
        age_ms=row.age_ms,
        code_left_ms=None if row.left_ms is None else max(0, row.left_ms),
        asked_from=row.asked_from,
        delivered_ms=row.outcome_at if outcome == "delivered" else None,
    )


async def take_turn_of_address(connection: AsyncConnection, request_id: str) -> None:
    """Who guesses, uses up or stores codes of one address waits for the others: they share budgets."""
    query = select(otp_requests.c.limit_key).where(otp_requests.c.id == request_id)
    limit_key = (await connection.scalars(query)).one_or_none()
    if limit_key is not None:
        await take_turn(connection, limit_key)


async def ids_in_outbox(connection: AsyncConnection, chosen: ColumnElement[bool]) -> Sequence[int]:
    """The primary keys of rows in the outbox, read without locking any."""
    return (await connection.scalars(select(outbox.c.id).where(chosen))).all()
