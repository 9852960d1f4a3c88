"""The schema: migrations and tables agree, running twice changes nothing, a newer schema is refused."""

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from parley.configuration import ConfigurationError
from parley.sql.database import open_database
from parley.sql.migrate import migrate
from parley.sql.tables import metadata


@pytest.fixture
async def database(tmp_path):
    opened = open_database(f"sqlite+aiosqlite:///{tmp_path / 'parley.db'}")
    await migrate(opened)
    yield opened
    await opened.close()


async def schema(database):
    async with database.read() as connection:
        query = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"
        return (await connection.exec_driver_sql(query)).all()


async def test_migrations_make_the_tables(database):
    """A migrated database and `sql/tables.py` differ in nothing: tables, columns, types, keys, indexes."""

    def differences(connection):
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)

    async with database.read() as connection:
        assert await connection.run_sync(differences) == []


async def test_migrating_again_changes_nothing(database):
    """A second run leaves schema and rows as they are."""
    async with database.write() as connection:
        await connection.exec_driver_sql("INSERT INTO accounts VALUES ('a', 'ann@example.org', 'ann', 1, NULL)")
    before = await schema(database)
    await migrate(database)
    assert await schema(database) == before
    async with database.read() as connection:
        assert (await connection.exec_driver_sql("SELECT COUNT(*) FROM accounts")).scalar_one() == 1


async def test_a_newer_schema_is_refused(database):
    """A database that a later version has migrated is left alone and told in a sentence."""
    async with database.write() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigurationError, match="newer Parley"):
        await migrate(database)


def test_the_command_refuses_a_newer_schema(tmp_path):
    """`python -m parley migrate` ends with exit code 2 and one line when the schema is newer."""
    file = tmp_path / "parley.db"
    command = [sys.executable, "-m", "parley", "migrate"]
    environment = {"DATABASE_URL": f"sqlite+aiosqlite:///{file}"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    refused = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) == 1
