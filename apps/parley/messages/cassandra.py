"""The message log on Cassandra: conditional inserts for entries, and registers that only grow for heads and marks.

An entry's row is inserted if it is not there, which the nodes decide by Paxos. Heads and marks are written
unconditionally with their own value as the timestamp, so that the last write that wins is always the largest. Reads and
writes take a quorum of the local data centre, hence a read sees every write that has returned. Next: `append.py`, the
rule; `cassandra_slots.py`, its slots here; `cassandra_schema.py`, the tables.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from parley.messages.append import append
from parley.messages.cassandra_session import CassandraSession, Statement, open_session
from parley.messages.cassandra_slots import (
    BUCKET,
    CassandraSlots,
    bucket_of,
    entries_where,
    entry_of,
    head_of,
    mark,
    move_head,
    run_of,
)
from parley.messages.cassandra_slots import STATEMENTS as SLOT_STATEMENTS
from parley.messages.cassandra_urls import parse_cassandra_url
from parley.messages.model import Cursor, Draft, Entry, Head
from parley.messages.port import LogUnavailable

ANSWERS_WITHIN_S = 3.0
"""How long a call may take, all of its requests together; a person waits meanwhile, and may try again."""

_PATIENCE = 2 / 3
"""The part of that time which one request may take, so that an outcome that stays unknown can be looked up."""

_BEFORE = entries_where("seq <= ? ORDER BY seq DESC LIMIT ?")
_ENTRY = entries_where("seq = ?")
_MARK = Statement("SELECT seq, begun FROM {keyspace}.marks WHERE user_id = ? AND conversation_id = ?")
_BEGIN = Statement(
    "UPDATE {keyspace}.marks SET begun = ? WHERE user_id = ? AND conversation_id = ? IF begun = null AND seq = null"
)
_CHECK = Statement("SELECT epoch FROM {keyspace}.heads WHERE conversation_id = 'nobody'")
_STATEMENTS = (_BEFORE, _ENTRY, _MARK, _BEGIN, _CHECK, *SLOT_STATEMENTS)


@asynccontextmanager
async def open_cassandra_log(url: str, limit_s: float = ANSWERS_WITHIN_S) -> "AsyncIterator[CassandraLog]":
    """Open `cassandra://[user:password@]h1[:port],h2/keyspace?dc=…`; the cluster may be away and come later.

    `limit_s` is how long a call may take, in seconds. Raises ConfigurationError for a URL that cannot be read.
    """
    async with open_session(parse_cassandra_url(url), _STATEMENTS, limit_s * _PATIENCE) as session:
        yield CassandraLog(session, limit_s)


class CassandraLog:
    """See the port."""

    def __init__(self, session: CassandraSession, limit_s: float) -> None:
        self._session, self._limit_s = session, limit_s
        self._lines: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def check(self) -> None:
        """See the port."""
        async with self._limited():
            await self._session.check(_CHECK)

    async def append(self, draft: Draft, after: Cursor) -> Entry:
        """See the port."""
        # Appends of one process to one conversation stand in line, since Paxos makes all who meet start again.
        async with self._limited(), self._lines.setdefault(draft.conv, asyncio.Lock()):
            return await append(CassandraSlots(self._session), draft, after)

    async def read_after(self, conv: str, seq: int, limit: int) -> Sequence[Entry]:
        """See the port."""
        async with self._limited():
            first = max(seq, 0) + 1
            head, run = await asyncio.gather(head_of(self._session, conv), run_of(self._session, conv, first, limit))
            newest = Head(head.epoch, first + len(run) - 1)
            if run and newest.seq > head.seq:
                # Whoever appended these has not come to moving the head, and may never.
                await move_head(self._session, conv, newest)
            return [entry_of(row, head.epoch) for row in run]

    async def read_before(self, conv: str, seq: int, limit: int) -> Sequence[Entry]:
        """See the port."""
        async with self._limited():
            head = await head_of(self._session, conv)
            entries: list[Entry] = []
            end = min(seq - 1, head.seq)
            while end > 0 and len(entries) < limit:
                bucket = bucket_of(end)
                rows = await self._session.execute(_BEFORE, conv, bucket, end, min(limit - len(entries), BUCKET))
                entries += [entry_of(row, head.epoch) for row in rows]
                end = bucket * BUCKET
            return entries[::-1]

    async def heads(self, convs: Sequence[str]) -> Mapping[str, Head]:
        """See the port."""
        async with self._limited():
            return await self._heads(convs)

    async def newest(self, convs: Sequence[str]) -> Mapping[str, Entry]:
        """See the port."""
        async with self._limited():
            heads = {conv: head for conv, head in (await self._heads(convs)).items() if head.seq > 0}
            entries = await asyncio.gather(*(self._entry(conv, head) for conv, head in heads.items()))
            return {entry.conv: entry for entry in entries if entry is not None}

    async def mark_read(self, conv: str, user: str, seq: int) -> int:
        """See the port."""
        async with self._limited():
            head = await head_of(self._session, conv)
            await mark(self._session, conv, user, Cursor(head.epoch, max(0, min(seq, head.seq))))
            return await self._mark(conv, user) or 0

    async def begin_reading(self, conv: str, user: str) -> int:
        """See the port."""
        async with self._limited():
            stands = await self._mark(conv, user)
            return await self._begin(conv, user) if stands is None else stands

    async def marks_of(self, user: str, convs: Sequence[str]) -> Mapping[str, int]:
        """See the port."""
        async with self._limited():
            marks = await asyncio.gather(*(self._mark(conv, user) for conv in convs))
            return {conv: seq or 0 for conv, seq in zip(convs, marks, strict=True)}

    async def marks_in(self, conv: str, users: Sequence[str]) -> Mapping[str, int]:
        """See the port."""
        async with self._limited():
            marks = await asyncio.gather(*(self._mark(conv, user) for user in users))
            return {user: seq or 0 for user, seq in zip(users, marks, strict=True)}

    async def _heads(self, convs: Sequence[str]) -> Mapping[str, Head]:
        heads = await asyncio.gather(*(head_of(self._session, conv) for conv in convs))
        return dict(zip(convs, heads, strict=True))

    async def _entry(self, conv: str, place: Head) -> Entry | None:
        rows = await self._session.execute(_ENTRY, conv, bucket_of(place.seq), place.seq)
        return entry_of(rows[0], place.epoch) if rows else None

    async def _mark(self, conv: str, user: str) -> int | None:
        rows = await self._session.execute(_MARK, user, conv)
        return _stands(rows[0]["seq"], rows[0]["begun"]) if rows else None

    async def _begin(self, conv: str, user: str) -> int:
        # Not a register but decided once: of two first looks the earlier counts, and what came between is unread. It
        # has a column of its own, because a conditional write takes the time of day for its timestamp, and no
        # register could ever win against that.
        head = await head_of(self._session, conv)
        (outcome,) = await self._session.execute(_BEGIN, head.seq, user, conv)
        if outcome["[applied]"]:
            return head.seq
        return _stands(outcome["seq"], outcome["begun"]) or 0

    @asynccontextmanager
    async def _limited(self) -> AsyncIterator[None]:
        limit = asyncio.timeout(self._limit_s)
        try:
            async with limit:
                yield
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise LogUnavailable from error


def _stands(*parts: int | None) -> int | None:
    """The furthest of what is known of a mark, None if nothing is."""
    return max((part for part in parts if part is not None), default=None)
