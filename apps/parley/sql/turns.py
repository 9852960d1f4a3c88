"""Taking turns: who counts rows and then inserts one may not do so beside another who counts the same rows.

SQLite has one writer anyway. On MySQL two transactions would both count what the other has not committed yet, so each
first locks the row of `turns` that stands for what it counts; the lock ends with the transaction.
"""

import zlib
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from parley.sql.tables import TURNS, turns


async def take_turn(connection: AsyncConnection, name: str) -> None:
    """Wait until no other transaction holds the turn of this name. Two names may share one, so take one at a time."""
    await connection.execute(_locked_slot(), {"slot": slot(name)})


def slot(name: str) -> int:
    """Which row of `turns` stands for this name."""
    return zlib.crc32(name.encode()) % TURNS


def slot_in_sql(name: ColumnElement[str]) -> ColumnElement[int]:
    """The same, computed where the name is."""
    return func.crc32(name) % TURNS


@cache
def _locked_slot() -> Select[Any]:
    return select(turns.c.slot).where(turns.c.slot == bindparam("slot")).with_for_update()
