"""The slots that `append.py` asks for, as rows on Cassandra, and what reading shares with it.

Entry `n` is in bucket `(n - 1) // 1000`. A bucket is a partition, and two of them are read one after the other, so
whoever reads over a boundary stops at the first number that is missing.
"""

import asyncio
import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cassandra.query import UNSET_VALUE  # type: ignore[import-untyped]

from parley.messages.cassandra_session import CassandraSession, Row, Statement
from parley.messages.model import Cursor, Draft, Entry, Head
from parley.messages.port import LogUnavailable

BUCKET = 1_000
"""Entries of one partition at most, a fact of what is stored: with another number nothing would be found again."""

_FIRST_EPOCH = 1
_SEQ_BITS = 40
_DAWN = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_MS = timedelta(milliseconds=1)


def entries_where(condition: str, *, is_serial: bool = False) -> Statement:
    """A statement that reads entries of one bucket."""
    # Never `*`: a column that is added later would shift those behind it.
    columns = "conversation_id, seq, id, sender, at, kind, body, meta, reply_to"
    cql = f"SELECT {columns} FROM {{keyspace}}.log WHERE conversation_id = ? AND bucket = ? AND {condition}"  # noqa: S608 -- constants
    return Statement(cql, is_serial)


_HEAD = Statement("SELECT epoch, seq FROM {keyspace}.heads WHERE conversation_id = ?")
_RUN = entries_where("seq >= ? ORDER BY seq ASC LIMIT ?")
_LOOK = entries_where("seq = ?", is_serial=True)
_FILL = Statement(
    "INSERT INTO {keyspace}.log (conversation_id, bucket, seq, id, sender, at, kind, body, meta, reply_to)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS"
)
_MOVE_HEAD = Statement("UPDATE {keyspace}.heads USING TIMESTAMP ? SET epoch = ?, seq = ? WHERE conversation_id = ?")
_MARK = Statement("UPDATE {keyspace}.marks USING TIMESTAMP ? SET seq = ? WHERE user_id = ? AND conversation_id = ?")
STATEMENTS = (_HEAD, _RUN, _LOOK, _FILL, _MOVE_HEAD, _MARK)


class CassandraSlots:
    """The slots for one append."""

    def __init__(self, session: CassandraSession) -> None:
        self._session = session
        self._epoch = _FIRST_EPOCH

    async def head(self, conv: str) -> Head:
        """See Slots; asked first, since every entry has the epoch that is found here."""
        head = await head_of(self._session, conv)
        self._epoch = head.epoch
        return head

    async def run_from(self, conv: str, seq: int, limit: int) -> Sequence[Entry]:
        """See Slots."""
        return [entry_of(row, self._epoch) for row in await run_of(self._session, conv, seq, limit)]

    async def fill(self, draft: Draft, place: Cursor) -> Entry | None:
        """See Slots."""
        at_ms = time.time_ns() // 1_000_000
        meta = json.dumps(draft.meta) if draft.meta is not None else None
        row = (draft.id, draft.sender, at_ms, draft.kind, draft.body, meta, draft.reply_to)
        # A null that is written is a tombstone; what is not there is left out.
        values = (UNSET_VALUE if value is None else value for value in row)
        try:
            (outcome,) = await self._session.execute(_FILL, draft.conv, bucket_of(place.seq), place.seq, *values)
        except LogUnavailable:
            return None
        if not outcome["[applied]"]:
            return entry_of(outcome, place.epoch)
        return _placed(draft, place, at_ms)

    async def look(self, conv: str, seq: int) -> Entry | None:
        """See Slots; a serial read first finishes what a failed fill has left unfinished."""
        rows = await self._session.execute(_LOOK, conv, bucket_of(seq), seq)
        return entry_of(rows[0], self._epoch) if rows else None

    async def commit(self, entry: Entry) -> None:
        """See Slots."""
        place = Head(entry.epoch, entry.seq)
        await asyncio.gather(
            move_head(self._session, entry.conv, place), mark(self._session, entry.conv, entry.sender, Cursor(*place))
        )


def bucket_of(seq: int) -> int:
    """The bucket in which an entry is."""
    return (seq - 1) // BUCKET


async def head_of(session: CassandraSession, conv: str) -> Head:
    """The newest position as far as it is known; no append that has returned is ahead of it."""
    rows = await session.execute(_HEAD, conv)
    return Head(rows[0]["epoch"], rows[0]["seq"]) if rows else Head(_FIRST_EPOCH, 0)


async def run_of(session: CassandraSession, conv: str, seq: int, limit: int) -> Sequence[Row]:
    """The rows of the slots `seq`, `seq + 1` … up to the first that is empty, at most `limit`."""
    run: list[Row] = []
    end = seq + limit
    while seq < end:
        bucket = bucket_of(seq)
        wanted = min(end, (bucket + 1) * BUCKET + 1) - seq
        rows = await session.execute(_RUN, conv, bucket, seq, wanted)
        dense = [row for number, row in enumerate(rows, seq) if row["seq"] == number]
        run += dense
        if len(dense) < wanted:
            break
        seq += wanted
    return run


async def move_head(session: CassandraSession, conv: str, head: Head) -> None:
    """Put the head there, unless it is further."""
    await session.execute(_MOVE_HEAD, _rank(head), head.epoch, head.seq, conv)


async def mark(session: CassandraSession, conv: str, user: str, place: Cursor) -> None:
    """Put a read mark there, unless it is further."""
    await session.execute(_MARK, _rank(place), place.seq, user, conv)


def entry_of(row: Row, epoch: int) -> Entry:
    """The entry that a row of the log holds."""
    return Entry(
        conv=row["conversation_id"],
        epoch=epoch,
        seq=row["seq"],
        id=row["id"],
        sender=row["sender"],
        at_ms=(row["at"] - _DAWN) // _MS,
        kind=row["kind"],
        body=row["body"],
        meta=json.loads(row["meta"]) if row["meta"] is not None else None,
        reply_to=row["reply_to"],
    )


def _placed(draft: Draft, place: Cursor, at_ms: int) -> Entry:
    return Entry(
        conv=draft.conv,
        epoch=place.epoch,
        seq=place.seq,
        id=draft.id,
        sender=draft.sender,
        at_ms=at_ms,
        kind=draft.kind,
        body=draft.body,
        meta=draft.meta,
        reply_to=draft.reply_to,
    )


def _rank(place: Cursor | Head) -> int:
    """The timestamp of a register's value: of two values the later epoch wins, and in one epoch the larger number."""
    return place.epoch << _SEQ_BITS | place.seq
