"""How a SQLite file is opened: write-ahead log, a flush for each commit, a clock and letters beyond ASCII.

Why writers stand in line: `docs/decisions/0004`. Next: `database.py`, the transactions.
"""

import asyncio
import sqlite3
import threading
import zlib
from typing import Any
from weakref import WeakSet

from sqlalchemy import URL, Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from parley.configuration import ConfigurationError
from parley.sql.clock import Clock

_BUSY_S = 5.0


class Workers:
    """The threads in which the driver keeps its connections, one each."""

    def __init__(self) -> None:
        self._threads: WeakSet[threading.Thread] = WeakSet()

    def connect(self, *args: Any, **options: Any) -> sqlite3.Connection:
        """Open a connection for the thread that calls."""
        self._threads.add(threading.current_thread())
        return sqlite3.Connection(*args, **options)

    async def ended(self) -> None:
        """Return when none works any more; a connection that somebody kept is given up after five seconds.

        A statement whose caller was cancelled still runs, and its thread hands the result to the event loop.
        """
        for thread in list(self._threads):
            await asyncio.to_thread(thread.join, _BUSY_S)


def open_sqlite(url: URL, clock: Clock, workers: Workers) -> AsyncEngine:
    """The engine of a file. Raises ConfigurationError for a URL that names none."""
    if url.database in (None, "", ":memory:"):
        # Each connection would get a database of its own.
        raise ConfigurationError("DATABASE_URL: name a file, as in sqlite+aiosqlite:///file.db.")
    engine = create_async_engine(
        # A statement's parameters are addresses and digests, which belong into no log.
        url,
        connect_args={"timeout": _BUSY_S, "factory": workers.connect},
        pool_size=4,
        max_overflow=0,
        hide_parameters=True,
    )
    event.listen(engine.sync_engine, "connect", lambda connection, _: _prepare(connection, clock))
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _prepare(connection: Any, clock: Clock) -> None:
    # The driver would otherwise open transactions by itself, and only before writes.
    connection.isolation_level = None
    connection.create_function("parley_now_ms", 0, clock)
    # SQLite's own knows no letters beyond ASCII.
    connection.create_function("lower", 1, str.lower, deterministic=True)
    # MySQL has it.
    connection.create_function("crc32", 1, lambda text: zlib.crc32(text.encode()), deterministic=True)
    cursor: sqlite3.Cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("parley_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
