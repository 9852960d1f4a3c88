"""One-time codes in the relational database: what registration-api does with them. Next: `sql_deliveries.py`.

Nothing here reads, decides and then writes: whoever changes a row says in the same statement under which condition, and
learns from the number of changed rows whether it won. Where the condition is a count of other rows, the transaction
takes a turn first. Rows are found by a plain read and then changed by their primary key, the one order of locking.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, delete, exists, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from parley.identity.model import NewSession, new_id
from parley.identity.sql import find_or_create, open_session
from parley.onetimecodes.model import (
    DAY_MS,
    DELIVERY_DEADLINE_MS,
    FAILURES_PER_DAY,
    REPUBLISH_MS,
    UNFINISHED,
    Asker,
    CodeRequest,
    RequestLimits,
)
from parley.onetimecodes.port import Attempt, NewRequest, PendingEvent, SignedIn, StoredCode, TooManyRequests
from parley.onetimecodes.sql_asking import insert_event, insert_request
from parley.onetimecodes.sql_limits import wait_ms
from parley.onetimecodes.sql_reports import forget_tokens
from parley.onetimecodes.sql_rows import code_request, code_requests, ids_in_outbox, is_live, take_turn_of_address
from parley.sql.clock import now_ms
from parley.sql.database import Database
from parley.sql.tables import otp_codes, otp_failures, otp_requests, outbox
from parley.sql.turns import take_turn

_FORGOTTEN_AT_ONCE = 10_000
"""The sweep comes again; one of them names no more rows than a statement may."""


class SqlOneTimeCodes:
    """Requests, attempts and the outbox as rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def request(self, new: NewRequest, event: PendingEvent, limits: RequestLimits) -> None:
        """See the port."""
        async with self._database.write() as connection:
            # One limit counts everyone, so everyone takes the same turn.
            await take_turn(connection, "everyone who asks")
            if not await insert_request(connection, new, limits):
                raise TooManyRequests(max(1, await wait_ms(connection, new.asker, limits)))
            await insert_event(connection, new.id, event)

    async def wait_ms(self, asker: Asker, limits: RequestLimits) -> int:
        """See the port."""
        async with self._database.read() as connection:
            return await wait_ms(connection, asker, limits)

    async def find(self, request_id: str, browser: str) -> CodeRequest | None:
        """See the port."""
        async with self._database.read() as connection:
            row = (await connection.execute(_found(), {"request": request_id, "browser": browser})).one_or_none()
        return code_request(row) if row else None

    async def claim_attempt(self, request_id: str, browser: str) -> Attempt | None:
        """See the port."""
        async with self._database.write() as connection:
            asked = and_(otp_requests.c.id == request_id, otp_requests.c.browser == browser)
            request = (await connection.execute(select(otp_requests).where(asked))).one_or_none()
            if request is None:
                return None
            await take_turn(connection, request.limit_key)
            attempt_id = new_id()
            if not await _count_failure(connection, attempt_id, request):
                return None
            codes = [code for code in await _guessable(connection, request) if await _take_guess(connection, code)]
            if not codes:
                await _uncount_failure(connection, attempt_id)
                return None
        return Attempt(id=attempt_id, codes=codes)

    async def consume(self, attempt: Attempt, code: StoredCode, session: NewSession) -> SignedIn | None:
        """See the port."""
        async with self._database.write() as connection:
            await take_turn_of_address(connection, code.request_id)
            await _uncount_failure(connection, attempt.id)
            if not await _use_up(connection, code):
                return None
            found = await find_or_create(connection, code.email)
            if found is None:
                return None
            account, is_new = found
            await open_session(connection, account, session)
        return SignedIn(account=account, is_new=is_new)

    async def pending_events(self, limit: int, unnoted_ms: int = 0) -> Sequence[PendingEvent]:
        """See the port."""
        unnoted = and_(outbox.c.published_at.is_(None), outbox.c.created_at <= now_ms() - unnoted_ms)
        due = or_(unnoted, outbox.c.published_at <= now_ms() - REPUBLISH_MS)
        async with self._database.read() as connection:
            rows = await connection.execute(select(outbox).where(due).order_by(outbox.c.id).limit(limit))
            return [PendingEvent(event_id=r.event_id, topic=r.topic, key=r.key, payload=r.payload) for r in rows]

    async def mark_published(self, event_ids: Sequence[str]) -> None:
        """See the port."""
        values = {"published_at": now_ms(), "attempts": outbox.c.attempts + 1}
        async with self._database.each() as connection:
            ids = await ids_in_outbox(connection, outbox.c.event_id.in_(event_ids))
            if ids:
                await connection.execute(update(outbox).where(outbox.c.id.in_(ids)).values(values))

    async def sweep(self) -> None:
        """See the port."""
        async with self._database.write() as connection:
            await _end_overdue(connection)
            await _forget_old(connection)
            await forget_tokens(connection, _FORGOTTEN_AT_ONCE)


@cache
def _found() -> Select[Any]:
    return code_requests().where(
        otp_requests.c.id == bindparam("request"), otp_requests.c.browser == bindparam("browser")
    )


async def _count_failure(connection: AsyncConnection, attempt_id: str, request: Row[Any]) -> bool:
    same = and_(
        otp_failures.c.limit_key == request.limit_key,
        otp_failures.c.known_device.is_not_distinct_from(request.known_device),
        otp_failures.c.failed_at > now_ms() - DAY_MS,
    )
    so_far = select(func.count()).select_from(otp_failures).where(same).scalar_subquery()
    values: dict[str, Any] = {
        "id": literal(attempt_id),
        "limit_key": literal(request.limit_key),
        "known_device": literal(request.known_device),
        "failed_at": now_ms(),
    }
    admitted = select(*values.values()).where(so_far < FAILURES_PER_DAY)
    return (await connection.execute(insert(otp_failures).from_select(list(values), admitted))).rowcount == 1


async def _uncount_failure(connection: AsyncConnection, attempt_id: str) -> None:
    await connection.execute(delete(otp_failures).where(otp_failures.c.id == attempt_id))


async def _guessable(connection: AsyncConnection, request: Row[Any]) -> Sequence[StoredCode]:
    query = (
        select(otp_codes, otp_requests.c.email)
        .join(otp_requests)
        .where(otp_requests.c.browser == request.browser, otp_requests.c.email == request.email, is_live())
        .order_by(otp_codes.c.request_id)
    )
    return [_stored(row) for row in await connection.execute(query)]


async def _take_guess(connection: AsyncConnection, code: StoredCode) -> bool:
    chosen = and_(_is_code(code), is_live())
    taken = await connection.execute(update(otp_codes).where(chosen).values(attempts=otp_codes.c.attempts + 1))
    return taken.rowcount == 1


async def _use_up(connection: AsyncConnection, code: StoredCode) -> bool:
    unused = otp_codes.c.consumed_at.is_(None)
    chosen = and_(_is_code(code), unused, otp_codes.c.expires_at > now_ms())
    used = await connection.execute(update(otp_codes).where(chosen).values(consumed_at=now_ms()))
    if used.rowcount != 1:
        return False
    asked, other = otp_requests.alias(), otp_requests.alias()
    same_asker = and_(other.c.browser == asked.c.browser, other.c.email == asked.c.email)
    query = select(other.c.id).join(asked, same_asker).where(asked.c.id == code.request_id)
    siblings = otp_codes.c.request_id.in_((await connection.scalars(query)).all())
    await connection.execute(update(otp_codes).where(siblings, unused).values(consumed_at=now_ms()))
    return True


async def _end_overdue(connection: AsyncConnection) -> None:
    overdue = and_(
        otp_requests.c.state.in_(UNFINISHED),
        otp_requests.c.created_at <= now_ms() - DELIVERY_DEADLINE_MS,
        otp_requests.c.leased_until <= now_ms(),
    )
    await connection.execute(update(otp_requests).where(overdue).values(state="expired"))
    ended = exists().where(otp_requests.c.id == outbox.c.request_id, otp_requests.c.state.not_in(UNFINISHED))
    ids = await ids_in_outbox(connection, ended)
    await connection.execute(delete(outbox).where(outbox.c.id.in_(ids)))


async def _forget_old(connection: AsyncConnection) -> None:
    # A request is kept a little longer than the longest limit looks back, so that no limit can miss it.
    old = and_(otp_requests.c.created_at < now_ms() - 2 * DAY_MS, otp_requests.c.state.not_in(UNFINISHED))
    forgotten = (await connection.scalars(select(otp_requests.c.id).where(old).limit(_FORGOTTEN_AT_ONCE))).all()
    await connection.execute(delete(otp_codes).where(otp_codes.c.request_id.in_(forgotten)))
    await connection.execute(delete(otp_requests).where(otp_requests.c.id.in_(forgotten)))
    await connection.execute(delete(otp_failures).where(otp_failures.c.failed_at < now_ms() - 2 * DAY_MS))


def _is_code(code: StoredCode) -> Any:
    return and_(otp_codes.c.request_id == code.request_id, otp_codes.c.generation == code.generation)


def _stored(row: Row[Any]) -> StoredCode:
    return StoredCode(request_id=row.request_id, generation=row.generation, email=row.email, mac=row.mac)
