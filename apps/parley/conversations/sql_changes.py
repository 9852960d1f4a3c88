"""Who joins and who leaves, in two steps around the log entry that says so.

A change is claimed on the member's own row, with everything that its log entry will hold; then the entry is appended;
then the change is settled. The row of the conversation is locked while a claim is decided or a joining settled, so that
they stand in line, the size of a group holds and no two members come last.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from parley.conversations.model import MAX_MEMBERS, MembershipChange
from parley.conversations.port import GroupFull
from parley.sql.clock import now_ms
from parley.sql.tables import conversations, members

_NO_CHANGE: Mapping[str, None] = dict.fromkeys(
    ("change_id", "change_kind", "change_by", "change_epoch", "change_after", "change_at")
)


async def claim(connection: AsyncConnection, change: MembershipChange) -> MembershipChange | None:
    """See the port."""
    await _lock(connection, change.conv)
    row = (await connection.execute(select(members).where(_place(change)))).one_or_none()
    if row is not None and row.change_id is not None:
        return _claimed(row)
    if (row is not None and row.present) == (change.change == "joined"):
        return None
    if change.change == "joined":
        await _check_size(connection, change.conv)
    await _write(connection, change, is_known=row is not None)
    return change


async def settle(connection: AsyncConnection, change: MembershipChange, seq: int) -> None:
    """See the port."""
    if change.change == "joined":
        await _lock(connection, change.conv)
        query = select(func.max(members.c.position)).where(members.c.conversation_id == change.conv, members.c.present)
        last = (await connection.scalars(query)).one() or 0
        effect = {"present": True, "joined_seq": seq, "left_seq": None, "position": last + 1}
    else:
        effect = {"present": False, "left_seq": seq}
    await connection.execute(update(members).where(_is_claim(change)).values({**effect, **_NO_CHANGE}))


async def withdraw(connection: AsyncConnection, change: MembershipChange) -> None:
    """See the port."""
    await connection.execute(update(members).where(_is_claim(change)).values(_NO_CHANGE))


async def unsettled(connection: AsyncConnection, older_than_ms: int) -> Sequence[MembershipChange]:
    """See the port."""
    query = select(members).where(members.c.change_at <= now_ms() - older_than_ms).order_by(members.c.change_at)
    return [_claimed(row) for row in await connection.execute(query)]


async def _lock(connection: AsyncConnection, conv: str) -> None:
    await connection.execute(select(conversations.c.id).where(conversations.c.id == conv).with_for_update())


async def _check_size(connection: AsyncConnection, conv: str) -> None:
    inside = or_(members.c.present, members.c.change_kind == "joined")
    query = select(func.count()).select_from(members).where(members.c.conversation_id == conv, inside)
    if (await connection.scalars(query)).one() >= MAX_MEMBERS:
        raise GroupFull


async def _write(connection: AsyncConnection, change: MembershipChange, *, is_known: bool) -> None:
    values = {
        "change_id": change.id,
        "change_kind": change.change,
        "change_by": change.by,
        "change_epoch": change.after_epoch,
        "change_after": change.after_seq,
        "change_at": now_ms(),
    }
    if is_known:
        await connection.execute(update(members).where(_place(change)).values(values))
        return
    place = {"conversation_id": change.conv, "account_id": change.account, "role": "member", "position": 0}
    await connection.execute(insert(members).values({**place, "present": False, "joined_seq": 0, **values}))


def _place(change: MembershipChange) -> Any:
    return and_(members.c.conversation_id == change.conv, members.c.account_id == change.account)


def _is_claim(change: MembershipChange) -> Any:
    return and_(_place(change), members.c.change_id == change.id)


def _claimed(row: Row[Any]) -> MembershipChange:
    return MembershipChange(
        id=row.change_id,
        conv=row.conversation_id,
        account=row.account_id,
        by=row.change_by,
        change=row.change_kind,
        after_epoch=row.change_epoch,
        after_seq=row.change_after,
    )
