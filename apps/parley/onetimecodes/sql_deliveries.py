"""One-time codes in the relational database: what email-worker does with them.

A worker works under a lease. Whatever it writes names the lease it believes to hold, so that a worker that was away for
too long changes nothing.
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from parley.onetimecodes.model import UNFINISHED, VALID_MS, CodeRequest, State
from parley.onetimecodes.sql_rows import code_request, code_requests, ids_in_outbox, is_live, take_turn_of_address
from parley.sql.clock import now_ms
from parley.sql.database import Database
from parley.sql.tables import otp_codes, otp_requests, outbox


class SqlDeliveries:
    """Leases, codes and ends of requests as rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def lease(self, request_id: str, worker: str, lease_ms: int) -> CodeRequest | None:
        """See the port."""
        free = or_(otp_requests.c.leased_until <= now_ms(), otp_requests.c.leased_by == worker)
        owed = and_(otp_requests.c.id == request_id, otp_requests.c.state.in_(UNFINISHED))
        values = {"leased_by": worker, "leased_until": now_ms() + lease_ms}
        async with self._database.write() as connection:
            taken = await connection.execute(update(otp_requests).where(owed, free).values(values))
            if taken.rowcount != 1:
                return None
            return code_request((await connection.execute(code_requests().where(owed))).one())

    async def store_code(self, request_id: str, worker: str, generation: int, mac: bytes) -> bool:
        """See the port."""
        async with self._database.write() as connection:
            await take_turn_of_address(connection, request_id)
            await _lock(connection, request_id)
            is_first = await _insert_code(connection, request_id, worker, generation, mac)
            if is_first:
                await _end_earlier(connection, request_id, generation)
            current = and_(_is_held(request_id, worker), otp_requests.c.generation == generation)
            return (await connection.execute(select(otp_requests.c.id).where(current))).one_or_none() is not None

    async def record(self, request_id: str, worker: str, state: State) -> None:
        """See the port."""
        mine = and_(otp_requests.c.id == request_id, otp_requests.c.leased_by == worker)
        owed = and_(mine, otp_requests.c.state.in_(UNFINISHED))
        values = {"state": state, "leased_by": None, "leased_until": 0}
        async with self._database.write() as connection:
            done = await connection.execute(update(otp_requests).where(owed).values(values))
            if done.rowcount == 1 and state not in UNFINISHED:
                ids = await ids_in_outbox(connection, outbox.c.request_id == request_id)
                await connection.execute(delete(outbox).where(outbox.c.id.in_(ids)))


def _is_held(request_id: str, worker: str) -> ColumnElement[bool]:
    return and_(
        otp_requests.c.id == request_id, otp_requests.c.leased_by == worker, otp_requests.c.leased_until > now_ms()
    )


async def _lock(connection: AsyncConnection, request_id: str) -> None:
    # The code's foreign key would take a weaker lock on this row, and two who want to raise it to a stronger deadlock.
    await connection.execute(select(otp_requests.c.id).where(otp_requests.c.id == request_id).with_for_update())


async def _insert_code(connection: AsyncConnection, request_id: str, worker: str, generation: int, mac: bytes) -> bool:
    held = select(otp_requests.c.id).where(_is_held(request_id, worker)).exists()
    same_or_later = and_(otp_codes.c.request_id == request_id, otp_codes.c.generation >= generation)
    values: dict[str, Any] = {
        "request_id": literal(request_id),
        "generation": literal(generation),
        "mac": literal(mac),
        "attempts": _spent_already(request_id),
        "expires_at": now_ms() + VALID_MS,
    }
    admitted = select(*values.values()).where(held, ~select(otp_codes.c.mac).where(same_or_later).exists())
    return (await connection.execute(insert(otp_codes).from_select(list(values), admitted))).rowcount == 1


def _spent_already(request_id: str) -> ColumnElement[int]:
    # The codes of one browser for one address share one budget: a new one starts with what the live ones have spent.
    asked, other = otp_requests.alias(), otp_requests.alias()
    same_asker = and_(other.c.browser == asked.c.browser, other.c.email == asked.c.email)
    shared = (
        select(func.max(otp_codes.c.attempts))
        .join_from(otp_codes, other, other.c.id == otp_codes.c.request_id)
        .join(asked, same_asker)
        .where(asked.c.id == request_id, is_live())
    )
    return func.coalesce(shared.scalar_subquery(), 0)


async def _end_earlier(connection: AsyncConnection, request_id: str, generation: int) -> None:
    earlier = and_(otp_codes.c.request_id == request_id, otp_codes.c.generation < generation)
    alive = otp_codes.c.expires_at > now_ms()
    await connection.execute(update(otp_codes).where(earlier, alive).values(expires_at=now_ms()))
    this = otp_requests.c.id == request_id
    await connection.execute(update(otp_requests).where(this).values(generation=generation))
