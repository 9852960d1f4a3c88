"""What the two faces of one-time codes both read: a request with its current code, and when a code is alive."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Column, ColumnElement, Row, Select, and_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from parley.onetimecodes.model import ATTEMPTS, CodeRequest, refined
from parley.sql.clock import now_ms
from parley.sql.tables import otp_codes, otp_requests, outbox, turns
from parley.sql.turns import slot_in_sql


def is_live() -> ColumnElement[bool]:
    """A code that may still be guessed: not used, not over, with an attempt left."""
    return and_(otp_codes.c.consumed_at.is_(None), otp_codes.c.expires_at > now_ms(), otp_codes.c.attempts < ATTEMPTS)


def code_requests() -> Select[Any]:
    """Requests, each with how old it is and how long its current code still works."""
    current = and_(otp_codes.c.request_id == otp_requests.c.id, otp_codes.c.generation == otp_requests.c.generation)
    age = (now_ms() - otp_requests.c.created_at).label("age_ms")
    left = (otp_codes.c.expires_at - now_ms()).label("left_ms")
    return select(*_told(), age, left).join_from(otp_requests, otp_codes, current, isouter=True)


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
    await connection.execute(_turn_of_address().with_for_update(of=turns), {"request": request_id})


async def take_turn_and_request(connection: AsyncConnection, request_id: str) -> None:
    """The same, for who also inserts a code: nobody else changes the row of the request meanwhile.

    The code's foreign key would take a weaker lock on that row, and two who want to raise it to a stronger deadlock.
    """
    await connection.execute(_turn_of_address().with_for_update(), {"request": request_id})


async def ids_in_outbox(connection: AsyncConnection, chosen: ColumnElement[bool]) -> Sequence[int]:
    """The primary keys of rows in the outbox, read without locking any."""
    return (await connection.scalars(select(outbox.c.id).where(chosen))).all()


@cache
def _turn_of_address() -> Select[Any]:
    its_turn = turns.c.slot == slot_in_sql(otp_requests.c.limit_key)
    asked = otp_requests.c.id == bindparam("request")
    return select(turns.c.slot).join_from(otp_requests, turns, its_turn).where(asked)


def _told() -> Iterator[Column[Any]]:
    # Every column costs the driver some time.
    row = otp_requests.c
    yield from (row.id, row.email, row.typed, row.asked_from, row.generation, row.state, row.created_at)
    yield from (row.outcome, row.outcome_generation, row.outcome_at)
