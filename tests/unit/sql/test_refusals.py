"""What a database that is there but not fit for us is told as."""

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from support.databases import MovableClock, sqlite

from parley.configuration import ConfigurationError
from parley.sql import refusals
from parley.sql.database import open_database
from parley.sql.errors import DatabaseUnavailable


def test_the_newest_revision_is_alembics():
    """The revision that names of files tell is the one that a migration ends at."""
    config = Config()
    config.set_main_option("script_location", str(refusals._VERSIONS.parent).replace("%", "%%"))
    assert refusals.newest_revision() == ScriptDirectory.from_config(config).get_current_head()


@pytest.mark.parametrize(("revision", "behind"), [(None, True), ("0001", True), ("9999", False)])
def test_only_an_older_schema_is_behind(revision, behind):
    """A newer schema is taken, because the processes of the version before go on while it is there."""
    assert refusals.is_behind(revision) is behind
    assert not refusals.is_behind(refusals.newest_revision())


async def test_a_file_without_tables_is_refused(tmp_path):
    """A database that nobody has migrated is told so by the check, and is unavailable to a request."""
    database = open_database(f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(ConfigurationError, match="python -m parley migrate"):
        await database.check()
    with pytest.raises(DatabaseUnavailable):
        async with database.read() as connection:
            await connection.exec_driver_sql("SELECT * FROM accounts")
    await database.close()


async def test_a_migrated_file_is_taken(tmp_path):
    """The check of a migrated database returns."""
    async with sqlite(tmp_path, MovableClock()) as database:
        await database.check()


async def test_an_error_that_may_pass_is_no_refusal(tmp_path):
    """A file that cannot be opened now is unavailable and not refused."""
    database = open_database(f"sqlite+aiosqlite:///{tmp_path / 'missing' / 'x.db'}")
    with pytest.raises(DatabaseUnavailable):
        await database.check()
    await database.close()
