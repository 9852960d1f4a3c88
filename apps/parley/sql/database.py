"""Open the database behind a URL and hand out transactions. One adapter serves SQLite and MySQL.

SQLite allows one writer at a time, so writers of one process wait in line here and take the file's write lock at once
(`BEGIN IMMEDIATE`), which leaves nothing to be retried. MySQL has row locks and needs neither.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from parley.configuration import ConfigurationError, unknown_scheme
from parley.sql.clock import Clock, system_clock
from parley.sql.errors import DatabaseUnavailable

_BUSY_S = 5.0


class Database:
    """Transactions on one database. `write` commits when its block ends and rolls back when it raises.

    Both raise DatabaseUnavailable when the database does not answer.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._one_writer = asyncio.Lock() if engine.dialect.name == "sqlite" else None

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that sees one state of the database and changes nothing."""
        with _translated():
            async with self.engine.connect() as connection:
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that commits at the end of the block."""
        with _translated():
            async with self._turn(), self.engine.connect() as connection:
                await connection.execution_options(parley_write=True)
                async with connection.begin():
                    yield connection

    async def check(self) -> None:
        """Return when the database answers. Raises DatabaseUnavailable."""
        async with self.read() as connection:
            await connection.exec_driver_sql("SELECT 1")

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()

    def _turn(self) -> AbstractAsyncContextManager[Any]:
        return self._one_writer or nullcontext()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, NoConnectionFree) as error:
        raise DatabaseUnavailable from error


def open_database(url: str, clock: Clock = system_clock) -> Database:
    """Open `sqlite+aiosqlite:///…`. The clock is the database's own; a test may pass a movable one.

    Raises ConfigurationError for a URL that cannot be read, names no file or has an unknown scheme. Connects on first
    use.
    """
    try:
        parts = make_url(url)
    except ArgumentError:
        raise ConfigurationError("DATABASE_URL: it is not a URL like sqlite+aiosqlite:///file.db.") from None
    match parts.drivername:
        case "sqlite+aiosqlite" if parts.database in (None, "", ":memory:"):
            # Each connection would get a database of its own.
            raise ConfigurationError("DATABASE_URL: name a file, as in sqlite+aiosqlite:///file.db.")
        case "sqlite+aiosqlite":
            return Database(_sqlite(url, clock))
    raise unknown_scheme("DATABASE_URL", url)


def _sqlite(url: str, clock: Clock) -> AsyncEngine:
    engine = create_async_engine(url, connect_args={"timeout": _BUSY_S}, pool_size=4, max_overflow=0)
    event.listen(engine.sync_engine, "connect", lambda connection, _: _prepare(connection, clock))
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _prepare(connection: Any, clock: Clock) -> None:
    # The driver would otherwise open transactions by itself, and only before writes.
    connection.isolation_level = None
    connection.create_function("parley_now_ms", 0, clock)
    # SQLite's own knows no letters beyond ASCII.
    connection.create_function("lower", 1, str.lower, deterministic=True)
    cursor: sqlite3.Cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("parley_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
