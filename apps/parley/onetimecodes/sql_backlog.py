"""How much the outbox holds, for whoever watches it: a row that stays is a request that finds no end."""

import asyncio
from contextlib import suppress

from sqlalchemy import func, select

from parley.sql.clock import now_ms
from parley.sql.database import Database
from parley.sql.errors import DatabaseUnavailable
from parley.sql.tables import outbox

_LOOK_EVERY_S = 5.0


class SqlBacklog:
    """The outbox as it was found last: `rows` whose requests have no end, the oldest `oldest_s` seconds ago."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.rows, self.oldest_s = 0, 0.0

    async def look(self) -> None:
        """Count once. Raises DatabaseUnavailable."""
        age_ms = func.coalesce(now_ms() - func.min(outbox.c.created_at), 0)
        async with self._database.read() as connection:
            rows, oldest_ms = (await connection.execute(select(func.count(), age_ms).select_from(outbox))).one()
        self.rows, self.oldest_s = rows, oldest_ms / 1000

    async def watch(self) -> None:
        """Count every few seconds until cancelled; while the database is away the last numbers stand."""
        while True:
            # Told by whoever watches the engines.
            with suppress(DatabaseUnavailable):
                await self.look()
            await asyncio.sleep(_LOOK_EVERY_S)
