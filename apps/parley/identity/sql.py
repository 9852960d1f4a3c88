"""Identity in the relational database.

Next: `parley.onetimecodes.sql`, which opens a session in the transaction that uses up a code.
"""

import functools
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from parley.identity.model import (
    ABSOLUTE_MS,
    IDLE_MS,
    Account,
    Caller,
    Device,
    NewSession,
    default_name,
    digest,
    new_id,
)
from parley.sql.clock import now_ms
from parley.sql.database import Database
from parley.sql.tables import accounts, sessions

_USE_COUNTS_EVERY_MS = 60_000
"""A busy session writes down its use once a minute, not once a request."""


class SqlSessions:
    """Sessions as rows; what is read is never cached, so a revocation holds from the moment it is committed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def resolve(self, token: str) -> Caller | None:
        """See the port."""
        async with self._database.read() as connection:
            row = (await connection.execute(_by_token(), {"digest": digest(token).hex()})).one_or_none()
        if row is None:
            return None
        await self._touch([row])
        return Caller(Account(row.account_id, row.email, row.account_name), row.id)

    async def alive(self, devices: Collection[str]) -> set[str]:
        """See the port."""
        async with self._database.read() as connection:
            rows = (await connection.execute(_live_sessions().where(sessions.c.id.in_(devices)))).all()
        await self._touch(rows)
        return {row.id for row in rows}

    async def devices(self, account: str) -> Sequence[Device]:
        """See the port."""
        query = _live_sessions().where(sessions.c.account_id == account).order_by(sessions.c.seen_at.desc())
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [_device(row) for row in rows]

    async def revoke(self, account: str, device: str) -> bool:
        """See the port."""
        chosen = and_(sessions.c.id == device, sessions.c.account_id == account, _is_live())
        async with self._database.each() as connection:
            done = await connection.execute(update(sessions).where(chosen).values(revoked_at=now_ms()))
        return done.rowcount == 1

    async def _touch(self, rows: Sequence[Row[Any]]) -> None:
        stale = [row.id for row in rows if row.unused_ms >= _USE_COUNTS_EVERY_MS]
        if stale:
            chosen = and_(sessions.c.id.in_(stale), _is_live())
            async with self._database.each() as connection:
                await connection.execute(update(sessions).where(chosen).values(seen_at=now_ms()))


class SqlAccounts:
    """Accounts as rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, ids: Collection[str]) -> Sequence[Account]:
        """See the port."""
        return await self._select(accounts.c.id.in_(ids))

    async def lookup(self, emails: Collection[str]) -> Sequence[Account]:
        """See the port."""
        return await self._select(accounts.c.email.in_(emails))

    async def rename(self, account: str, name: str) -> Account | None:
        """See the port."""
        chosen = and_(accounts.c.id == account, accounts.c.disabled_at.is_(None))
        async with self._database.write() as connection:
            await connection.execute(update(accounts).where(chosen).values(name=name))
            row = (await connection.execute(select(accounts).where(chosen))).one_or_none()
        return _account(row) if row else None

    async def _select(self, chosen: ColumnElement[bool]) -> Sequence[Account]:
        query = select(accounts).where(chosen, accounts.c.disabled_at.is_(None))
        async with self._database.read() as connection:
            return [_account(row) for row in await connection.execute(query)]


async def find_or_create(connection: AsyncConnection, email: str) -> tuple[Account, bool] | None:
    """The account of a canonical address and whether it was made just now; None if it is disabled."""
    created = await _insert_if_absent(connection, email)
    row = (await connection.execute(select(accounts).where(accounts.c.email == email))).one()
    return None if row.disabled_at is not None else (_account(row), created)


async def open_session(connection: AsyncConnection, account: Account, session: NewSession) -> None:
    """Write the row of a new session, alive from now on."""
    values = {
        "id": session.device,
        "account_id": account.id,
        "token_sha256": session.token_digest.hex(),
        "name": session.name,
        "platform": session.platform,
        "created_at": now_ms(),
        "seen_at": now_ms(),
        "expires_at": now_ms() + ABSOLUTE_MS,
    }
    await connection.execute(insert(sessions).values(values))


async def _insert_if_absent(connection: AsyncConnection, email: str) -> bool:
    values = {"id": new_id(), "email": email, "name": default_name(email), "created_at": now_ms()}
    try:
        # A savepoint, because the address may have been taken by a transaction that we do not see yet.
        async with connection.begin_nested():
            await connection.execute(insert(accounts).values(values))
    except IntegrityError:
        return False
    return True


def _is_live() -> ColumnElement[bool]:
    return and_(
        sessions.c.revoked_at.is_(None), sessions.c.expires_at > now_ms(), sessions.c.seen_at > now_ms() - IDLE_MS
    )


def _live_sessions() -> Select[Any]:
    person = (accounts.c.email, accounts.c.name.label("account_name"))
    unused = (now_ms() - sessions.c.seen_at).label("unused_ms")
    return select(sessions, *person, unused).join(accounts).where(_is_live(), accounts.c.disabled_at.is_(None))


@functools.cache
def _by_token() -> Select[Any]:
    """Asked for every request there is, so it is put together once: that took as long as asking the database."""
    return _live_sessions().where(sessions.c.token_sha256 == bindparam("digest"))


def _account(row: Row[Any]) -> Account:
    return Account(row.id, row.email, row.name)


def _device(row: Row[Any]) -> Device:
    return Device(id=row.id, name=row.name, platform=row.platform, created_ms=row.created_at, seen_ms=row.seen_at)
