"""Conversations in the relational database. The lobby has no rows: everybody who has an account is in it.

Next: `sql_people.py`, who is listed where; `sql_changes.py`, how membership changes.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Select, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from parley.conversations import sql_changes, sql_people
from parley.conversations.model import LOBBY, MAX_MEMBERS, Conversation, Member, MembershipChange
from parley.conversations.port import GroupFull, VersionMismatch
from parley.identity.model import Account, new_id
from parley.sql.clock import now_ms
from parley.sql.database import Database
from parley.sql.tables import accounts, conversations, members

_THE_LOBBY = Conversation(id=LOBBY, kind="lobby", title="Lobby", members=(), version=1)


class SqlConversations:
    """See the port. `lobby` says whether there is one."""

    def __init__(self, database: Database, *, lobby: bool) -> None:
        self._database, self._has_lobby = database, lobby

    async def find(self, conv: str, account: str) -> Conversation | None:
        """See the port."""
        if conv == LOBBY:
            return _THE_LOBBY if self._has_lobby else None
        async with self._database.read() as connection:
            found = await _load(connection, [conv])
        return found[conv] if conv in found and found[conv].has(account) else None

    async def ids_of(self, account: str) -> Sequence[str]:
        """See the port."""
        async with self._database.read() as connection:
            ids = (await connection.scalars(_ids_of(account))).all()
        return [LOBBY, *ids] if self._has_lobby else ids

    async def acquainted(self, account: str, others: Collection[str]) -> set[str]:
        """See the port."""
        query = select(accounts.c.id).where(accounts.c.id.in_(others), self._is_known_to(account))
        async with self._database.read() as connection:
            return set(await connection.scalars(query))

    async def list_of(self, account: str, limit: int, after: str | None) -> Sequence[Conversation]:
        """See the port."""
        first = [_THE_LOBBY] if self._has_lobby and (after is None or after < LOBBY) else []
        page = _ids_of(account).where(members.c.conversation_id > (after or "")).limit(limit - len(first))
        async with self._database.read() as connection:
            ids = (await connection.scalars(page)).all()
            found = await _load(connection, ids)
        return first + [found[conv] for conv in ids if conv in found]

    async def create_direct(self, account: str, other: str) -> tuple[Conversation, bool]:
        """See the port."""
        key = ":".join(sorted((account, other)))
        row = {"id": new_id(), "kind": "direct", "direct_key": key, "title": None}
        async with self._database.write() as connection:
            made = await _insert_if_absent(connection, row, [account, other])
            query = select(conversations.c.id).where(conversations.c.direct_key == key)
            conv = (await connection.scalars(query)).one()
            return (await _load(connection, [conv]))[conv], made

    async def create_group(self, conv: str, owner: str, members: Sequence[str], title: str | None) -> Conversation:
        """See the port."""
        founders = list(dict.fromkeys((owner, *members)))
        if len(founders) > MAX_MEMBERS:
            raise GroupFull
        row = {"id": conv, "kind": "group", "direct_key": None, "title": title}
        async with self._database.write() as connection:
            await _insert_if_absent(connection, row, founders)
            return (await _load(connection, [conv]))[conv]

    async def retitle(self, conv: str, title: str | None, version: int) -> Conversation:
        """See the port."""
        chosen = (conversations.c.id == conv, conversations.c.version == version, conversations.c.kind == "group")
        values = {"title": title, "version": version + 1}
        async with self._database.write() as connection:
            done = await connection.execute(update(conversations).where(*chosen).values(values))
            if done.rowcount != 1:
                raise VersionMismatch
            return (await _load(connection, [conv]))[conv]

    async def members(self, conv: str, limit: int, after: str | None) -> Sequence[Member]:
        """See the port."""
        query = sql_people.in_lobby() if conv == LOBBY else sql_people.in_conversation(conv)
        page = query.where(accounts.c.id > (after or "")).order_by(accounts.c.id).limit(limit)
        async with self._database.read() as connection:
            return [sql_people.member(row) for row in await connection.execute(page)]

    async def people(self, account: str, prefix: str, limit: int, after: str | None) -> Sequence[Account]:
        """See the port."""
        query = sql_people.page(prefix, limit, after).where(accounts.c.id != account, self._is_known_to(account))
        async with self._database.read() as connection:
            return [Account(row.id, row.email, row.name) for row in await connection.execute(query)]

    async def claim(self, change: MembershipChange) -> MembershipChange | None:
        """See the port."""
        async with self._database.write() as connection:
            return await sql_changes.claim(connection, change)

    async def settle(self, change: MembershipChange, seq: int) -> None:
        """See the port."""
        async with self._database.write() as connection:
            await sql_changes.settle(connection, change, seq)

    async def withdraw(self, change: MembershipChange) -> None:
        """See the port."""
        async with self._database.write() as connection:
            await sql_changes.withdraw(connection, change)

    async def unsettled(self, older_than_ms: int) -> Sequence[MembershipChange]:
        """See the port."""
        async with self._database.read() as connection:
            return await sql_changes.unsettled(connection, older_than_ms)

    def _is_known_to(self, account: str) -> Any:
        return sql_people.is_enabled() if self._has_lobby else sql_people.is_acquainted_with(account)


def _ids_of(account: str) -> Select[str]:
    mine = (members.c.account_id == account, members.c.present)
    return select(members.c.conversation_id).where(*mine).order_by(members.c.conversation_id)


async def _load(connection: AsyncConnection, ids: Sequence[str]) -> Mapping[str, Conversation]:
    """Those of the conversations that have members now, by id, in one query."""
    query = (
        select(conversations, members.c.account_id)
        .join(members)
        .where(conversations.c.id.in_(ids), members.c.present)
        .order_by(conversations.c.id, members.c.position, members.c.account_id)
    )
    rows: dict[str, list[Row[Any]]] = {}
    for row in await connection.execute(query):
        rows.setdefault(row.id, []).append(row)
    return {conv: _conversation(its_rows) for conv, its_rows in rows.items()}


def _conversation(rows: Sequence[Row[Any]]) -> Conversation:
    row = rows[0]
    present = tuple(it.account_id for it in rows)
    owner = row.created_by if row.kind == "group" else None
    return Conversation(id=row.id, kind=row.kind, title=row.title, members=present, version=row.version, owner=owner)


async def _insert_if_absent(connection: AsyncConnection, row: Mapping[str, Any], founders: Sequence[str]) -> bool:
    values = {**row, "created_by": founders[0], "version": 1, "created_at": now_ms()}
    try:
        # A savepoint, because the same conversation may have been made by a transaction that we do not see yet.
        async with connection.begin_nested():
            await connection.execute(insert(conversations).values(values))
    except IntegrityError:
        return False
    await connection.execute(insert(members), [_founder(row, it, position) for position, it in enumerate(founders)])
    return True


def _founder(row: Mapping[str, Any], account: str, position: int) -> Mapping[str, Any]:
    role = "owner" if position == 0 and row["kind"] == "group" else "member"
    place = {"conversation_id": row["id"], "account_id": account, "role": role, "position": position}
    return {**place, "present": True, "joined_seq": 0}
