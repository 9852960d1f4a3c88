"""Taking turns: who counts rows and then inserts one may not do so beside another who counts the same rows.

SQLite has one writer anyway. On MySQL two transactions would both count what the other has not committed yet, so each
first locks the row of `turns` that stands for what it counts; the lock ends with the transaction.
"""

import zlib

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from parley.sql.tables import TURNS, turns


async def take_turn(connection: AsyncConnection, name: str) -> None:
    """Wait until no other transaction holds the turn of this name. Two names may share one, so take one at a time."""
    slot = zlib.crc32(name.encode()) % TURNS
    await connection.execute(select(turns.c.slot).where(turns.c.slot == slot).with_for_update())
