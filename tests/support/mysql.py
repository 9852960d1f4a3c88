"""One MySQL server in a container for all tests of a run, emptied before each, on a clock that the test moves."""

import asyncio
import atexit
import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import delete, event, text
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from parley.identity.model import new_id
from parley.sql.database import Database, open_database
from parley.sql.migrate import migrate
from parley.sql.tables import metadata, turns

IMAGE = "mysql:9.7"
PASSWORD = "a-test"
PATIENT_S = 60.0
"""A time limit that no test comes near."""

_QUICK = ["--skip-log-bin", "--innodb-flush-log-at-trx-commit=0", "--max-connections=400"]
"""Nothing here must outlive the machine, so no commit waits for the disk."""


@dataclass(frozen=True)
class Server:
    """A running server. Its root may do what a test needs; Parley's user owns nothing but its databases."""

    container: DockerContainer

    @property
    def address(self) -> str:
        return f"{self.container.get_container_host_ip()}:{self.container.get_exposed_port(3306)}"

    def url(self, database: str = "parley", user: str = "parley", query: str = "") -> str:
        return f"mysql+aiomysql://{user}:{PASSWORD}@{self.address}/{database}{query}"

    def file(self, path: str) -> bytes:
        """The content of a file in the container."""
        return self.container.exec(["cat", path]).output

    async def as_root(self, *statements: str) -> None:
        """Execute statements that Parley's user may not."""
        async with opened(self.url("mysql", "root")) as root, root.write() as connection:
            for statement in statements:
                await connection.exec_driver_sql(statement)


@functools.cache
def server() -> Server:
    """The one server, started by the first test that needs it and stopped at the end of the run."""
    container = DockerContainer(IMAGE).with_command(["mysqld", *_QUICK]).with_exposed_ports(3306)
    container.with_env("MYSQL_ROOT_PASSWORD", PASSWORD).with_env("MYSQL_DATABASE", "parley")
    container.with_env("MYSQL_USER", "parley").with_env("MYSQL_PASSWORD", PASSWORD)
    container.with_env("MYSQL_INITDB_SKIP_TZINFO", "1")
    container.waiting_for(LogMessageWaitStrategy(r"ready for connections.*port: 3306").with_startup_timeout(120))
    container.start()
    atexit.register(container.stop)
    return Server(container)


@asynccontextmanager
async def mysql(folder: Path, clock) -> AsyncIterator[Database]:
    """The migrated database without rows. Its clock stands where `clock` stands."""
    async with opened(server().url()) as database:
        # Nobody waits here, and the machine may be busy while many stand in one line.
        database.limit_s = PATIENT_S
        await _empty(database)
        for engine in database.engines:
            engine.pool._timeout = PATIENT_S
            event.listen(engine.sync_engine, "begin", functools.partial(_set_clock, clock))
        yield database


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """The database behind a URL, closed in the end."""
    database = open_database(url)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def empty_database() -> AsyncIterator[str]:
    """The URL of a database without tables."""
    name = f"parley_{new_id()[-12:]}"
    await server().as_root(f"CREATE DATABASE {name}", f"GRANT ALL ON {name}.* TO parley")
    yield server().url(name)
    await server().as_root(f"DROP DATABASE {name}")


@asynccontextmanager
async def paused() -> AsyncIterator[None]:
    """The server takes connections and says nothing."""
    container = server().container.get_wrapped_container()
    await asyncio.to_thread(container.pause)
    try:
        yield
    finally:
        await asyncio.to_thread(container.unpause)


async def scalar(database: Database, query: str, **values: Any) -> Any:
    """The one value that a query finds."""
    async with database.read() as connection:
        return (await connection.execute(text(query), values)).scalar_one()


async def write(database: Database, *statements: str) -> None:
    """Execute these in one transaction."""
    async with database.write() as connection:
        for statement in statements:
            await connection.exec_driver_sql(statement)


def _set_clock(clock, connection) -> None:
    seconds, ms = divmod(clock(), 1000)
    connection.exec_driver_sql(f"SET timestamp = {seconds}.{ms:03}, innodb_lock_wait_timeout = {PATIENT_S:.0f}")


async def _empty(database: Database) -> None:
    await _migrate_once(database)
    async with database.write() as connection:
        await connection.execute(text("SET foreign_key_checks = 0"))
        for table in set(metadata.tables.values()) - {turns}:
            await connection.execute(delete(table))
        await connection.execute(text("SET foreign_key_checks = 1"))


_migrated: set[str] = set()


async def _migrate_once(database: Database) -> None:
    url = str(database.engine.url)
    if url not in _migrated:
        await migrate(database)
        _migrated.add(url)
