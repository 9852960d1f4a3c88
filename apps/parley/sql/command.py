"""`python -m parley migrate`: bring the database of DATABASE_URL up to date and exit."""

from parley.configuration import DatabaseSettings, load
from parley.sql.database import open_database
from parley.sql.migrate import migrate


async def run() -> None:
    """Migrate once. Raises ConfigurationError for a wrong URL or a newer schema."""
    database = open_database(load(DatabaseSettings).database_url)
    try:
        await migrate(database)
    finally:
        await database.close()
