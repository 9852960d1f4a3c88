"""Transactions: what commits, what rolls back, what is told when the database does not answer."""

import asyncio
import sqlite3
import threading

import pytest
from support.databases import MovableClock, sqlite

from parley.configuration import ConfigurationError
from parley.sql.clock import now_ms
from parley.sql.database import open_database
from parley.sql.errors import DatabaseUnavailable

INSERT = "INSERT INTO accounts VALUES ('a', 'ann@example.org', 'ann', 1, NULL)"


@pytest.fixture
def clock():
    return MovableClock()


@pytest.fixture
async def database(tmp_path, clock):
    async with sqlite(tmp_path, clock) as opened:
        yield opened


async def count(database):
    async with database.read() as connection:
        return (await connection.exec_driver_sql("SELECT COUNT(*) FROM accounts")).scalar_one()


async def insert(database):
    async with database.write() as connection:
        await connection.exec_driver_sql(INSERT)


async def test_a_write_commits_at_its_end(database):
    """What a finished block has written is seen by the next transaction."""
    await insert(database)
    assert await count(database) == 1


async def test_a_write_that_raises_leaves_nothing(database):
    """A block that ends in an error has written nothing, and the error arrives unchanged."""

    async def write_and_fail():
        async with database.write() as connection:
            await connection.exec_driver_sql(INSERT)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await write_and_fail()
    assert await count(database) == 0


async def test_writers_wait_for_each_other(database):
    """A hundred parallel read-and-write transactions neither fail nor lose an update."""

    async def add(number):
        async with database.write() as connection:
            seen = (await connection.exec_driver_sql("SELECT COUNT(*) FROM accounts")).scalar_one()
            values = (f"{number}", f"{seen}@example.org")
            await connection.exec_driver_sql("INSERT INTO accounts VALUES (?, ?, 'x', 1, NULL)", values)

    await asyncio.gather(*(add(number) for number in range(100)))
    assert await count(database) == 100


async def test_time_is_the_databases(database, clock):
    """`now_ms()` is the clock of the database, not of whoever asks."""
    async with database.read() as connection:
        assert (await connection.execute(now_ms().select())).scalar_one() == clock.now_ms
    clock.advance(s=90)
    async with database.read() as connection:
        assert (await connection.execute(now_ms().select())).scalar_one() == clock.now_ms


async def test_a_locked_database_is_unavailable(database, tmp_path):
    """When another process keeps the write lock, the caller is told `unavailable` and not a driver's error."""
    async with database.read() as connection:
        await connection.exec_driver_sql("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(tmp_path / "parley.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnavailable) as error:
        await insert(database)
    other.close()
    assert (error.value.slug, error.value.retry_after_ms) == ("unavailable", 1000)
    await insert(database)


async def test_a_missing_folder_is_unavailable(tmp_path):
    """A database file that cannot be opened is told the same way."""
    database = open_database(f"sqlite+aiosqlite:///{tmp_path / 'missing' / 'parley.db'}")
    with pytest.raises(DatabaseUnavailable):
        await database.check()
    await database.close()
    # The driver's thread has something to say even after a failed connect, to a loop that must still be there.
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join)


@pytest.mark.parametrize(
    "url",
    ["", "no url", "postgresql://host/db", "sqlite:///x.db", "sqlite+aiosqlite://", "sqlite+aiosqlite:///:memory:"],
)
def test_other_urls_stop_the_start(url):
    """A URL that is none, whose scheme is unknown, or that names no file is a configuration error."""
    with pytest.raises(ConfigurationError, match="DATABASE_URL"):
        open_database(url)


COUNTING = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) SELECT COUNT(*) FROM n"


async def test_what_was_cancelled_is_over_after_close(tmp_path, clock):
    """A statement that nobody waits for still has its thread, which would come back to an event loop that is closed."""
    before = set(threading.enumerate())
    running = threading.Event()
    async with sqlite(tmp_path, clock) as database, database.read() as connection:
        query = asyncio.create_task(count_slowly(connection, running))
        await asyncio.to_thread(running.wait)
        query.cancel()
        await asyncio.gather(query, return_exceptions=True)
    assert [it for it in threading.enumerate() if it not in before and "asyncio" not in it.name] == []


async def count_slowly(connection, running):
    driver = (await connection.get_raw_connection()).driver_connection
    await driver.set_progress_handler(running.set, 1)
    await connection.exec_driver_sql(COUNTING)
