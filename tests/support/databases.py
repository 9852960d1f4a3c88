"""Databases with the whole schema, one a test, on a clock that the test moves."""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from support.mysql import mysql

from parley.sql.database import Database, open_database
from parley.sql.migrate import migrate

START_MS = 1_764_000_000_000


class MovableClock:
    """The database's clock, standing still until a test moves it."""

    def __init__(self) -> None:
        self.now_ms = START_MS

    def __call__(self) -> int:
        return self.now_ms

    def advance(self, *, ms: int = 0, s: float = 0, hours: float = 0) -> None:
        self.now_ms += ms + int(s * 1000) + int(hours * 3_600_000)


OpenDatabase = Callable[[Path, MovableClock], AbstractAsyncContextManager[Database]]


@asynccontextmanager
async def sqlite(folder: Path, clock: MovableClock) -> AsyncIterator[Database]:
    """A fresh SQLite file."""
    file = folder / "parley.db"
    shutil.copy(await _template(folder), file)
    database = open_database(f"sqlite+aiosqlite:///{file}", clock)
    yield database
    await database.close()


DATABASES = [pytest.param(sqlite, id="sqlite"), pytest.param(mysql, id="mysql", marks=pytest.mark.engine)]
"""Every engine that the SQL adapters serve, each an OpenDatabase; a further one is a line here."""


async def _template(folder: Path) -> Path:
    # Migrating takes longer than most tests; the folder above all tests' own keeps one migrated file.
    file = folder.parent / "migrated.db"
    if not file.exists():
        database = open_database(f"sqlite+aiosqlite:///{file}")
        await migrate(database)
        await database.close()
    return file
