"""Open the database behind a URL and hand out transactions. One adapter serves SQLite and MySQL.

SQLite allows one writer at a time, so writers of one process wait in line here and take the file's write lock at once
(`BEGIN IMMEDIATE`), which leaves nothing to be retried. MySQL has row locks and needs neither, but is far away, so its
transactions have a time limit, and what is one statement is no transaction: it costs one round trip instead of three.
Next: `sqlite.py` and `mysql.py`, how each engine is opened.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any

from sqlalchemy import URL
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, InterfaceError, InternalError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from parley.configuration import ConfigurationError, unknown_scheme
from parley.sql.clock import Clock, system_clock
from parley.sql.errors import DatabaseUnavailable
from parley.sql.mysql import TRANSACTION_S, open_mysql
from parley.sql.refusals import NOT_MIGRATED, REVISION, is_behind, refusal
from parley.sql.sqlite import Workers, open_sqlite


class Database:
    """Transactions on one database. `write` commits when its block ends and rolls back when it raises.

    `single`, if there is one, has connections on which each statement commits by itself. All three ways to a connection
    raise DatabaseUnavailable when the database does not answer, or not within `limit_s` seconds.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        single: AsyncEngine | None = None,
        limit_s: float | None = None,
        workers: Workers | None = None,
    ) -> None:
        self.engine, self.limit_s = engine, limit_s
        self._single, self._workers = single, workers
        self._one_writer = asyncio.Lock() if engine.dialect.name == "sqlite" else None

    @property
    def engines(self) -> Sequence[AsyncEngine]:
        """Whatever has connections."""
        return [self.engine, self._single] if self._single else [self.engine]

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Statements that change nothing. Two of them may see different states, one never does."""
        async with bounded(self.limit_s), (self._single or self.engine).connect() as connection:
            yield connection

    @asynccontextmanager
    async def each(self) -> AsyncIterator[AsyncConnection]:
        """Statements that need no transaction: each may be kept without the others, and with a further one lost."""
        async with self.read() if self._single else self.write() as connection:
            yield connection

    @asynccontextmanager
    async def write(self, *, limited: bool = True) -> AsyncIterator[AsyncConnection]:
        """A transaction that commits at the end of the block; a migration may take its time."""
        limit_s = self.limit_s if limited else None
        async with bounded(limit_s), self._turn(), self.engine.connect() as connection:
            if self._one_writer:
                await connection.execution_options(parley_write=True)
            async with connection.begin():
                yield connection

    async def check(self) -> None:
        """Return when the database answers and its schema is not older than this code.

        Raises DatabaseUnavailable, and ConfigurationError when it never will as it is configured.
        """
        try:
            async with self.read() as connection:
                found = (await connection.exec_driver_sql(REVISION)).scalar_one_or_none()
        except DatabaseUnavailable as unavailable:
            sentence = refusal(unavailable.__cause__)
            if sentence is None:
                raise
            raise ConfigurationError(sentence) from None
        if is_behind(found):
            raise ConfigurationError(NOT_MIGRATED)

    async def close(self) -> None:
        """Close every connection."""
        for engine in self.engines:
            await engine.dispose()
        if self._workers:
            await self._workers.ended()

    def _turn(self) -> AbstractAsyncContextManager[Any]:
        return self._one_writer or nullcontext()


@asynccontextmanager
async def bounded(limit_s: float | None) -> AsyncIterator[None]:
    """Raises DatabaseUnavailable for what the driver raises, and when the block takes longer."""
    limit = asyncio.timeout(limit_s)
    try:
        async with limit:
            yield
    except (OperationalError, InterfaceError, InternalError, NoConnectionFree) as error:
        raise DatabaseUnavailable from error
    except ProgrammingError as error:
        # A database that is missing or has no tables is no fault of the statement.
        if refusal(error) is None:
            raise
        raise DatabaseUnavailable from error
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise DatabaseUnavailable from error


def open_database(url: str, clock: Clock = system_clock) -> Database:
    """Open `sqlite+aiosqlite:///file.db` or `mysql+aiomysql://user:password@host/database`. Connects on first use.

    A clock that a test moves works on SQLite only; MySQL has its own. Raises ConfigurationError for a URL that cannot
    be read, is incomplete or has an unknown scheme.
    """
    parts = _parse(url)
    match parts.drivername:
        case "sqlite+aiosqlite":
            workers = Workers()
            return Database(open_sqlite(parts, clock, workers), workers=workers)
        case "mysql+aiomysql":
            transactions, single = open_mysql(parts), open_mysql(parts, isolation_level="AUTOCOMMIT")
            return Database(transactions, single=single, limit_s=TRANSACTION_S)
    raise unknown_scheme("DATABASE_URL", url)


def _parse(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigurationError("DATABASE_URL: it is not a URL like sqlite+aiosqlite:///file.db.") from None
