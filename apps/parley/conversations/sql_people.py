"""Queries for lists of people: members of a conversation, and everyone whom somebody may write to."""

from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, literal, or_, select

from parley.conversations.model import Member
from parley.sql.tables import accounts, members


def in_conversation(conv: str) -> Select[Any]:
    """Current and former members; not those whose joining has not come to pass."""
    has_been_there = or_(members.c.present, members.c.left_seq.is_not(None))
    columns = (accounts, members.c.role, members.c.joined_seq, members.c.present)
    return select(*columns).join(members).where(members.c.conversation_id == conv, has_been_there)


def in_lobby() -> Select[Any]:
    """Everybody, in the shape of `in_conversation`."""
    columns = (accounts, literal("member").label("role"), literal(0).label("joined_seq"))
    return select(*columns, literal(value=True).label("present")).where(is_enabled())


def member(row: Row[Any]) -> Member:
    """A row of `in_conversation` or `in_lobby` as the noun."""
    return Member(
        account=row.id, email=row.email, name=row.name, role=row.role, joined_seq=row.joined_seq, left=not row.present
    )


def page(prefix: str, limit: int, after: str | None) -> Select[Any]:
    """Accounts whose name or address begins with `prefix`, by name and id, from behind the account `after`."""
    query = select(accounts).where(_begins_with(prefix))
    query = query.where(_is_behind(after)) if after else query
    return query.order_by(func.lower(accounts.c.name), accounts.c.id).limit(limit)


def is_enabled() -> ColumnElement[bool]:
    """Whether the account may still sign in."""
    return accounts.c.disabled_at.is_(None)


def is_acquainted_with(account: str) -> ColumnElement[bool]:
    """Whether the account is in a conversation that `account` is in, or is that account itself."""
    mine, theirs = members.alias("mine"), members.alias("theirs")
    shared = (
        select(theirs.c.account_id)
        .join(mine, mine.c.conversation_id == theirs.c.conversation_id)
        .where(mine.c.account_id == account, mine.c.present, theirs.c.present)
    )
    return and_(is_enabled(), or_(accounts.c.id == account, accounts.c.id.in_(shared)))


def _begins_with(prefix: str) -> ColumnElement[bool]:
    wanted = "".join(f"/{letter}" if letter in "/%_" else letter for letter in prefix) + "%"
    # Both sides are lowered by the database, whose letters need not be Python's.
    pattern = func.lower(wanted)
    return or_(func.lower(accounts.c.name).like(pattern, escape="/"), accounts.c.email.like(pattern, escape="/"))


def _is_behind(account: str) -> ColumnElement[bool]:
    last = accounts.alias("last")
    name = select(func.lower(last.c.name)).where(last.c.id == account).scalar_subquery()
    own_name = func.lower(accounts.c.name)
    return or_(own_name > name, and_(own_name == name, accounts.c.id > account))
