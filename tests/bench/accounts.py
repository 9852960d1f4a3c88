"""Accounts that are signed in before the product starts.

Signing in by mail is limited on purpose, so the rows are written with Parley's own functions instead of by 500 people.
Their number keeps everybody under the limits of sending (5 a second each) and of sockets (10 each).
"""

import asyncio
from pathlib import Path
from typing import NamedTuple

from parley.identity.model import NewSession, digest, new_id, new_token
from parley.identity.sql import find_or_create, open_session
from parley.sql.database import Database, open_database
from parley.sql.migrate import migrate

COUNT = 500


class Accounts(NamedTuple):
    """The ids of the accounts, and a valid token of each."""

    users: list[str]
    tokens: list[str]


def seed(folder: Path) -> Accounts:
    """Fill the data folder of a product that has not been started yet."""
    folder.mkdir(mode=0o700)
    return asyncio.run(sign_in(f"sqlite+aiosqlite:///{folder / 'parley.db'}", COUNT))


async def sign_in(url: str, count: int) -> Accounts:
    """So many new accounts in the database behind a URL, each signed in."""
    database = open_database(url)
    try:
        await migrate(database)
        return await _sign_in(database, count)
    finally:
        await database.close()


async def _sign_in(database: Database, count: int) -> Accounts:
    seeded = Accounts([], [])
    async with database.write(limited=False) as connection:
        for number in range(count):
            token = new_token()
            made = await find_or_create(connection, f"person{number}@example.org")
            assert made is not None
            session = NewSession(device=new_id(), token_digest=digest(token), name="bench", platform="bench")
            await open_session(connection, made[0], session)
            seeded.users.append(made[0].id)
            seeded.tokens.append(token)
    return seeded
