"""`python -m parley migrate`: bring the database of DATABASE_URL and the log of MESSAGE_LOG_URL up to date and exit."""

from typing import Annotated

from parley.configuration import DatabaseSettings, Settings, collect, load, names_engine
from parley.messages.opening import migrate_log
from parley.sql.database import open_database
from parley.sql.migrate import migrate


class MigrationSettings(Settings):
    """What is migrated besides the database."""

    message_log_url: Annotated[str, names_engine("MESSAGE_LOG_URL")] | None = None
    """As the services have it; unset where a service runs that has no message log."""


async def run() -> None:
    """Migrate once. Raises ConfigurationError for a wrong URL or a newer schema."""
    collect(lambda: load(DatabaseSettings), lambda: load(MigrationSettings))
    log_url = load(MigrationSettings).message_log_url
    database = open_database(load(DatabaseSettings).database_url)
    try:
        await migrate(database)
    finally:
        await database.close()
    if log_url is not None:
        await migrate_log(log_url)
