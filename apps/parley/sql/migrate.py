"""Bring the schema up to date, and refuse a database that a newer Parley has already changed."""

from contextlib import nullcontext
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from parley.configuration import ConfigurationError
from parley.sql.database import Database, bounded
from parley.sql.mysql import alone

_SCRIPTS = Path(__file__).with_name("migrations")


async def migrate(database: Database) -> None:
    """Apply the missing migrations; of processes that start together one does, and the others wait for it.

    Raises ConfigurationError for a newer schema, DatabaseUnavailable for a database that does not answer.
    """
    is_mysql = database.engine.dialect.name == "mysql"
    one_process = alone(database.engine) if is_mysql else nullcontext()
    async with bounded(None), one_process, database.write(limited=False) as connection:
        await connection.run_sync(_upgrade)


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    if _is_newer(connection, ScriptDirectory.from_config(config)):
        raise ConfigurationError(
            "DATABASE_URL: the schema was made by a newer Parley; start that version or restore a backup."
        )
    command.upgrade(config, "head")


def _is_newer(connection: Connection, scripts: ScriptDirectory) -> bool:
    current = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in scripts.walk_revisions()}
    return current is not None and current not in known
