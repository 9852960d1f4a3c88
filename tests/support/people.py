"""Accounts on a database, without the way through their mailboxes."""

from sqlalchemy import update

from parley.identity.model import Account, NewSession, digest, new_id, new_token
from parley.identity.sql import find_or_create, open_session
from parley.sql.database import Database
from parley.sql.tables import accounts


async def sign_up(database: Database, *names: str) -> dict[str, Account]:
    """An account for each name, by name; the address is that name at example.org."""
    people = {}
    async with database.write() as connection:
        for name in names:
            found = await find_or_create(connection, f"{name}@example.org")
            assert found is not None
            people[name] = found[0]
    return people


async def sign_in(database: Database, account: Account) -> str:
    """The token of a new session."""
    token = new_token()
    session = NewSession(device=new_id(), token_digest=digest(token), name="a test", platform="app")
    async with database.write() as connection:
        await open_session(connection, account, session)
    return token


async def disable(database: Database, account: Account) -> None:
    """End an account."""
    async with database.write() as connection:
        await connection.execute(update(accounts).where(accounts.c.id == account.id).values(disabled_at=1))
