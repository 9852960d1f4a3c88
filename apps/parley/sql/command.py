"""`python -m parley migrate`: bring the database of DATABASE_URL and the log of MESSAGE_LOG_URL up to date and exit."""

import asyncio
import logging
import random
import time
from pathlib import Path
from typing import Annotated

from pydantic import Field

from parley.configuration import DatabaseSettings, KeySettings, collect, load, names_engine
from parley.messages.opening import migrate_log
from parley.messages.port import LogUnavailable
from parley.sql.database import open_database
from parley.sql.errors import DatabaseUnavailable
from parley.sql.migrate import migrate
from parley.sql.refusals import refusal

_log = logging.getLogger("parley.migrate")

_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 3.0


class MigrationSettings(KeySettings):
    """What is migrated besides the database."""

    message_log_url: Annotated[str, names_engine("MESSAGE_LOG_URL")] | None = Field(default=None, repr=False)
    """As the services have it; unset where a service runs that has no message log."""

    message_log_url_file: Path | None = None
    """As the services have it."""

    message_log_url_password_file: Path | None = None
    """As the services have it."""

    migrate_wait_seconds: Annotated[float, Field(ge=0, le=3600)] = 0
    """How long to wait for stores that do not answer. 0: say so at once."""


async def run() -> None:
    """Migrate once. Raises ConfigurationError for a wrong URL or a newer schema."""
    collect(lambda: load(DatabaseSettings), lambda: load(MigrationSettings))
    database_url, settings = load(DatabaseSettings).database_url, load(MigrationSettings)
    until = time.monotonic() + settings.migrate_wait_seconds
    told: set[str] = set()
    while True:
        try:
            return await _migrate(database_url, settings.message_log_url)
        except (DatabaseUnavailable, LogUnavailable) as error:
            # Waiting here and not by starting anew: a start costs seconds of a processor that the stores need.
            if refusal(error.__cause__) or time.monotonic() >= until:
                raise
            _tell_once(told, absence(error))
        await asyncio.sleep(random.uniform(_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S))  # noqa: S311 -- spreads, no more


def absence(error: DatabaseUnavailable | LogUnavailable) -> str:
    """Which of the two stores does not answer, in the words of its variable."""
    if isinstance(error, DatabaseUnavailable):
        return "DATABASE_URL: the database does not answer"
    return "MESSAGE_LOG_URL: the message log does not answer"


def _tell_once(told: set[str], sentence: str) -> None:
    if sentence not in told:
        _log.warning("%s; waiting until it does.", sentence)
    told.add(sentence)


async def _migrate(database_url: str, log_url: str | None) -> None:
    database = open_database(database_url)
    try:
        await migrate(database)
    finally:
        await database.close()
    if log_url is not None:
        await migrate_log(log_url)
