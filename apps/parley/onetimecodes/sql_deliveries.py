"""One-time codes in the relational database: what email-worker does with them.

A worker works under a lease. Whatever it writes names the lease it believes to hold, so that a worker that was away for
too long changes nothing.
"""

from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Delete,
    Insert,
    Integer,
    LargeBinary,
    Select,
    String,
    Update,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from parley.onetimecodes.model import FIRST_GENERATION, UNFINISHED, VALID_MS, CodeRequest, State
from parley.onetimecodes.sql_rows import code_request, code_requests, is_live, take_turn_and_request
from parley.sql.clock import now_ms
from parley.sql.database import Database
from parley.sql.tables import otp_codes, otp_requests, outbox


class SqlDeliveries:
    """Leases, codes and ends of requests as rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def lease(self, request_id: str, worker: str, lease_ms: int) -> CodeRequest | None:
        """See the port."""
        values = {"request": request_id, "worker": worker, "lease_ms": lease_ms}
        async with self._database.each() as connection:
            taken = await connection.execute(_taking(), values)
            if taken.rowcount != 1:
                return None
            row = (await connection.execute(_taken(), values)).one_or_none()
        return code_request(row) if row else None

    async def store_code(self, request_id: str, worker: str, generation: int, mac: bytes) -> bool:
        """See the port."""
        values = {"request": request_id, "worker": worker, "this_generation": generation, "new_mac": mac}
        async with self._database.write() as connection:
            await take_turn_and_request(connection, request_id)
            if (await connection.execute(_inserting(), values)).rowcount != 1:
                return (await connection.execute(_stored(), values)).one_or_none() is not None
            if generation > FIRST_GENERATION:
                await connection.execute(_ending_earlier(), values)
                await connection.execute(_stepping(), values)
        return True

    async def record(self, request_id: str, worker: str, state: State) -> None:
        """See the port."""
        values = {"request": request_id, "worker": worker, "new_state": state}
        async with self._database.write() as connection:
            done = await connection.execute(_recording(), values)
            if done.rowcount == 1 and state not in UNFINISHED:
                await connection.execute(_leaving(), values)


def _is_this() -> ColumnElement[bool]:
    return otp_requests.c.id == bindparam("request")


def _is_owed() -> ColumnElement[bool]:
    return and_(_is_this(), otp_requests.c.state.in_(UNFINISHED))


def _is_mine() -> ColumnElement[bool]:
    return otp_requests.c.leased_by == bindparam("worker")


def _is_held() -> ColumnElement[bool]:
    return and_(_is_this(), _is_mine(), otp_requests.c.leased_until > now_ms())


@cache
def _taking() -> Update:
    free = or_(otp_requests.c.leased_until <= now_ms(), _is_mine())
    until = now_ms() + bindparam("lease_ms", type_=BigInteger())
    return update(otp_requests).where(_is_owed(), free).values(leased_by=bindparam("worker"), leased_until=until)


@cache
def _taken() -> Select[Any]:
    return code_requests().where(_is_owed(), _is_mine())


@cache
def _inserting() -> Insert:
    held = select(otp_requests.c.id).where(_is_held()).exists()
    same_or_later = and_(
        otp_codes.c.request_id == bindparam("request"), otp_codes.c.generation >= bindparam("this_generation")
    )
    values: dict[str, ColumnElement[Any]] = {
        "request_id": bindparam("request", type_=String()),
        "generation": bindparam("this_generation", type_=Integer()),
        "mac": bindparam("new_mac", type_=LargeBinary()),
        "attempts": _spent_already(),
        "expires_at": now_ms() + VALID_MS,
    }
    admitted = select(*values.values()).where(held, ~select(otp_codes.c.mac).where(same_or_later).exists())
    return insert(otp_codes).from_select(list(values), admitted)


def _spent_already() -> ColumnElement[int]:
    # The codes of one browser for one address share one budget: a new one starts with what the live ones have spent.
    asked, other = otp_requests.alias(), otp_requests.alias()
    same_asker = and_(other.c.browser == asked.c.browser, other.c.email == asked.c.email)
    shared = (
        select(func.max(otp_codes.c.attempts))
        .join_from(otp_codes, other, other.c.id == otp_codes.c.request_id)
        .join(asked, same_asker)
        .where(asked.c.id == bindparam("request"), is_live())
    )
    return func.coalesce(shared.scalar_subquery(), 0)


@cache
def _stored() -> Select[Any]:
    current = otp_requests.c.generation == bindparam("this_generation")
    return select(otp_requests.c.id).where(_is_held(), current)


@cache
def _ending_earlier() -> Update:
    of_this = otp_codes.c.request_id == bindparam("request")
    earlier = otp_codes.c.generation < bindparam("this_generation")
    alive = otp_codes.c.expires_at > now_ms()
    return update(otp_codes).where(of_this, earlier, alive).values(expires_at=now_ms())


@cache
def _stepping() -> Update:
    return update(otp_requests).where(_is_this()).values(generation=bindparam("this_generation"))


@cache
def _recording() -> Update:
    values: dict[str, Any] = {"state": bindparam("new_state"), "leased_by": None, "leased_until": 0}
    return update(otp_requests).where(_is_owed(), _is_mine()).values(values)


@cache
def _leaving() -> Delete:
    # By another key than the relay's; nobody who holds a row of the outbox waits for this one's request.
    return delete(outbox).where(outbox.c.request_id == bindparam("request"))
