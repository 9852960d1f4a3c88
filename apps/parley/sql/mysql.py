"""How MySQL is opened: what each connection is told, what bounds each statement, and TLS by the URL's options.

Isolation is READ COMMITTED and nothing relies on it: who changes a row says in the same statement under which
condition, and who counts before inserting takes a turn first (`turns.py`). Rows are locked by their primary key first,
so that two transactions that meet wait and do not deadlock. Next: `database.py`, the transactions.
"""

import logging
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import URL, event, text
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from parley.configuration import ConfigurationError
from parley.sql.errors import DatabaseUnavailable
from parley.tls import trusting

TRANSACTION_S = 3.0
"""The driver cannot bound what it reads, so a whole transaction is bounded, the wait for a connection included. Whoever
sent a request is told within this time that the database does not answer."""

_CONNECT_S = 3
_SERVER_GONE = 2006
_CONNECTIONS = 10
"""Of each of the two kinds, so a process has at most twenty."""

_FRESH_S = 1.0
_USED_AT = "parley_used_at"
_RECYCLE_S = 300
"""Below any server's `wait_timeout` (28800 s by default) and what routers forget idle connections after."""

_MIGRATION_WAIT_S = 60
_LOCK = "CONCAT('parley.', SHA2(DATABASE(), 224))"
"""A name of at most 64 letters; locks are the server's and not the database's."""

_OPTIONS = ("ssl", "ssl_ca", "ssl_check_hostname")

_SESSION: Mapping[str, str | int] = {
    "time_zone": "+00:00",  # one hour of the year would be ambiguous
    "sql_mode": "TRADITIONAL",  # what does not fit is refused, not cut
    "transaction_isolation": "READ-COMMITTED",
    "collation_connection": "utf8mb4_0900_bin",
    "max_execution_time": 3000,  # milliseconds, of a SELECT
    "innodb_lock_wait_timeout": 3,  # seconds; who has given up by then must not stay in the line
    "lock_wait_timeout": 5,  # seconds, for tables: a migration waits so long for those who use one
}


def open_mysql(url: URL, **options: Any) -> AsyncEngine:
    """The engine of a server. Raises ConfigurationError for a URL that is incomplete or has an unknown option."""
    if not (url.username and url.host and url.database):
        raise ConfigurationError(
            "DATABASE_URL: name user, host and database, as in mysql+aiomysql://user:password@host/database."
        )
    arguments = {"connect_timeout": _CONNECT_S, "charset": "utf8mb4", "init_command": _init_command()}
    engine = create_async_engine(
        url.set(query={}),
        connect_args={**arguments, "ssl": _tls(url)},
        pool_size=_CONNECTIONS,
        max_overflow=0,
        pool_timeout=TRANSACTION_S,
        pool_recycle=_RECYCLE_S,
        # A block that has ended has committed or rolled back by itself; doing so again would be a round trip each time.
        pool_reset_on_return=None,
        skip_autocommit_rollback=True,
        # A statement's parameters are addresses and digests, which belong into no log.
        hide_parameters=True,
        **options,
    )
    event.listen(engine.sync_engine, "connect", _tell_of_resets)
    event.listen(engine.sync_engine, "checkin", _note_use)
    event.listen(engine.sync_engine, "checkout", _look_before_use)
    # The pool writes a trace for each connection that a time limit cuts off; `readiness.py` writes one line in all.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
    return engine


@asynccontextmanager
async def alone(engine: AsyncEngine) -> AsyncIterator[None]:
    """One process at a time on this database, since MySQL commits each step of a migration by itself."""
    async with engine.connect() as holder:
        # The hint lifts the limit that a SELECT has here.
        hint = f"/*+ MAX_EXECUTION_TIME({2000 * _MIGRATION_WAIT_S}) */"
        query = text(f"SELECT {hint} GET_LOCK({_LOCK}, {_MIGRATION_WAIT_S})")
        if (await holder.execute(query)).scalar_one() != 1:
            raise DatabaseUnavailable
        try:
            yield
        finally:
            await holder.execute(text(f"DO RELEASE_LOCK({_LOCK})"))


def _note_use(connection: Any, record: Any) -> None:
    record.info[_USED_AT] = time.monotonic()


def _look_before_use(connection: Any, record: Any, _: Any) -> None:
    # Asking costs a round trip, so it is spared where it would hardly tell anything: on a connection that is new or has
    # answered a moment ago. That the server has ended it is known without asking.
    used_at = record.info.get(_USED_AT)
    if used_at is None:
        return
    reader = connection.driver_connection._reader
    if reader is None or reader.at_eof() or reader.exception():
        raise InvalidatePoolError
    if time.monotonic() - used_at > _FRESH_S:
        _ask(connection)


def _ask(connection: Any) -> None:
    try:
        connection.ping()
    except connection.dbapi.Error as error:
        raise InvalidatePoolError from error


def _tell_of_resets(connection: Any, _: Any) -> None:
    # On a connection that the network has reset uvloop raises a RuntimeError, which neither the driver nor the pool
    # takes for a lost connection: the process would end instead of connecting anew.
    driver = connection.driver_connection
    write = driver._write_bytes

    def write_or_tell(data: bytes) -> None:
        try:
            write(data)
        except RuntimeError as error:
            driver.close()
            raise connection.dbapi.OperationalError(_SERVER_GONE, "the connection was reset") from error

    driver._write_bytes = write_or_tell


def _init_command() -> str:
    return "SET " + ", ".join(f"{name} = {value!r}" for name, value in _SESSION.items())


def _tls(url: URL) -> ssl.SSLContext | None:
    unknown = sorted(set(url.query) - set(_OPTIONS))
    if unknown:
        raise ConfigurationError(
            f"DATABASE_URL: the option '{unknown[0]}' is not known; use one of {', '.join(_OPTIONS)}."
        )
    given = url.query.get("ssl_ca")
    # Given twice it is a tuple; the last counts, as it does for the other engines.
    authority = given[-1] if isinstance(given, tuple) else given
    checks_name = _flag(url, "ssl_check_hostname", default=True)
    if not _flag(url, "ssl", default=authority is not None):
        return None
    return trusting("DATABASE_URL", "ssl_ca", authority, checks_name=checks_name)


def _flag(url: URL, name: str, *, default: bool) -> bool:
    value = url.query.get(name, str(default).lower())
    if value not in ("true", "false"):
        raise ConfigurationError(f"DATABASE_URL: the option '{name}' is true or false.")
    return value == "true"
