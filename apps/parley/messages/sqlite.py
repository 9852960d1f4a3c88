"""The message log in a SQLite file of its own, so that a busy conversation does not delay a sign-in.

One connection writes and another reads beside it. Every commit is flushed to disk before anything is acknowledged.
Several processes may open the same file: writers take turns, and `append.py` decides.
"""

import json
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

from parley.messages.append import append
from parley.messages.model import Cursor, Draft, Entry, Head
from parley.messages.sqlite_schema import connect, prepare
from parley.messages.sqlite_thread import SqliteThread

Clock = Callable[[], int]
T = TypeVar("T")

_FIRST_EPOCH = 1


def _system_clock() -> int:
    return time.time_ns() // 1_000_000


@asynccontextmanager
async def open_sqlite_log(url: str, clock: Clock = _system_clock) -> "AsyncIterator[SqliteLog]":
    """Open `sqlite:///file.db` and make its schema. `clock` gives milliseconds since 1970 UTC.

    Raises ConfigurationError if the file cannot be written, is no such database, or was written by a newer Parley.
    """
    prepare(url)
    writer = SqliteThread(connect(url), "BEGIN IMMEDIATE")
    reader = SqliteThread(connect(url), "BEGIN")
    try:
        yield SqliteLog(writer, reader, clock)
    finally:
        await writer.close()
        await reader.close()


class SqliteLog:
    """See the port."""

    def __init__(self, writer: SqliteThread, reader: SqliteThread, clock: Clock) -> None:
        self._writer, self._reader, self._clock = writer, reader, clock

    async def check(self) -> None:
        """See the port."""
        await self._select("SELECT seq FROM heads LIMIT 1")

    async def append(self, draft: Draft, after: Cursor) -> Entry:
        """See the port."""
        return await self._writer.run(
            lambda connection: _finished(append(_Slots(connection, self._clock), draft, after))
        )

    async def read_after(self, conv: str, seq: int, limit: int) -> Sequence[Entry]:
        """See the port."""
        return await self._reader.run(partial(_run_from, conv=conv, seq=seq + 1, limit=limit))

    async def read_before(self, conv: str, seq: int, limit: int) -> Sequence[Entry]:
        """See the port."""
        query = "SELECT * FROM entries WHERE conv = ? AND seq < ? ORDER BY seq DESC LIMIT ?"
        return [_entry(row) for row in reversed(await self._select(query, conv, seq, limit))]

    async def heads(self, convs: Sequence[str]) -> Mapping[str, Head]:
        """See the port."""
        query = "SELECT conv, epoch, seq FROM heads WHERE conv IN (SELECT value FROM json_each(?))"
        known = {conv: Head(epoch, seq) for conv, epoch, seq in await self._select(query, json.dumps(convs))}
        return {conv: known.get(conv, Head(_FIRST_EPOCH, 0)) for conv in convs}

    async def newest(self, convs: Sequence[str]) -> Mapping[str, Entry]:
        """See the port."""
        query = (
            "SELECT entries.* FROM heads JOIN entries USING (conv, seq) WHERE conv IN (SELECT value FROM json_each(?))"
        )
        entries = map(_entry, await self._select(query, json.dumps(convs)))
        return {entry.conv: entry for entry in entries}

    async def mark_read(self, conv: str, user: str, seq: int) -> int:
        """See the port."""
        return await self._writer.run(partial(_mark, conv=conv, user=user, seq=seq))

    async def begin_reading(self, conv: str, user: str) -> int:
        """See the port."""
        return await self._writer.run(partial(_begin_reading, conv=conv, user=user))

    async def marks_of(self, user: str, convs: Sequence[str]) -> Mapping[str, int]:
        """See the port."""
        query = "SELECT conv, seq FROM marks WHERE user = ? AND conv IN (SELECT value FROM json_each(?))"
        return dict.fromkeys(convs, 0) | dict(await self._select(query, user, json.dumps(convs)))

    async def marks_in(self, conv: str, users: Sequence[str]) -> Mapping[str, int]:
        """See the port."""
        query = "SELECT user, seq FROM marks WHERE conv = ? AND user IN (SELECT value FROM json_each(?))"
        return dict.fromkeys(users, 0) | dict(await self._select(query, conv, json.dumps(users)))

    async def _select(self, query: str, *values: Any) -> list[Any]:
        return await self._reader.run(lambda connection: connection.execute(query, values).fetchall())


class _Slots:
    """The slots inside one writing transaction: nobody else writes, so no call ever waits and no outcome is unknown."""

    def __init__(self, connection: sqlite3.Connection, clock: Clock) -> None:
        self._connection, self._clock = connection, clock

    async def head(self, conv: str) -> Head:
        row = self._connection.execute("SELECT epoch, seq FROM heads WHERE conv = ?", (conv,)).fetchone()
        return Head(*row) if row else Head(_FIRST_EPOCH, 0)

    async def run_from(self, conv: str, seq: int, limit: int) -> Sequence[Entry]:
        return _run_from(self._connection, conv, seq, limit)

    async def fill(self, draft: Draft, place: Cursor) -> Entry | None:
        meta = json.dumps(draft.meta) if draft.meta is not None else None
        row = (draft.id, draft.sender, self._clock(), draft.kind, draft.body, meta, draft.reply_to)
        self._connection.execute(
            "INSERT INTO log (conv, seq, id, sender, at_ms, kind, body, meta, reply_to) VALUES (?,?,?,?,?,?,?,?,?)"
            " ON CONFLICT DO NOTHING",
            (draft.conv, place.seq, *row),
        )
        if self._connection.execute("SELECT changes()").fetchone() == (1,):
            return _entry((draft.conv, *place, *row))
        return await self.look(draft.conv, place.seq)

    async def look(self, conv: str, seq: int) -> Entry | None:
        row = self._connection.execute("SELECT * FROM entries WHERE conv = ? AND seq = ?", (conv, seq)).fetchone()
        return _entry(row) if row else None

    async def commit(self, entry: Entry) -> None:
        self._connection.execute(
            "INSERT INTO heads (conv, epoch, seq) VALUES (?,?,?)"
            " ON CONFLICT DO UPDATE SET seq = excluded.seq WHERE excluded.seq > heads.seq",
            (entry.conv, entry.epoch, entry.seq),
        )
        _mark(self._connection, entry.conv, entry.sender, entry.seq)


def _finished(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise RuntimeError("waited inside a transaction")


def _run_from(connection: sqlite3.Connection, conv: str, seq: int, limit: int) -> Sequence[Entry]:
    # Within one file there are no holes: the rule never leaves one, and nothing is lost.
    query = "SELECT * FROM entries WHERE conv = ? AND seq >= ? ORDER BY seq LIMIT ?"
    return [_entry(row) for row in connection.execute(query, (conv, seq, limit))]


def _mark(connection: sqlite3.Connection, conv: str, user: str, seq: int) -> int:
    connection.execute(
        "INSERT INTO marks (user, conv, seq)"
        " SELECT ?1, ?2, max(0, min(?3, coalesce((SELECT seq FROM heads WHERE conv = ?2), 0))) WHERE true"
        " ON CONFLICT DO UPDATE SET seq = excluded.seq WHERE excluded.seq > marks.seq",
        (user, conv, seq),
    )
    return _mark_of(connection, conv, user)


def _begin_reading(connection: sqlite3.Connection, conv: str, user: str) -> int:
    connection.execute(
        "INSERT INTO marks (conv, user, seq) SELECT ?1, ?2, coalesce((SELECT seq FROM heads WHERE conv = ?1), 0)"
        " WHERE true ON CONFLICT DO NOTHING",
        (conv, user),
    )
    return _mark_of(connection, conv, user)


def _mark_of(connection: sqlite3.Connection, conv: str, user: str) -> int:
    query = "SELECT seq FROM marks WHERE conv = ? AND user = ?"
    stands: int = connection.execute(query, (conv, user)).fetchone()[0]
    return stands


def _entry(row: Sequence[Any]) -> Entry:
    conv, epoch, seq, entry_id, sender, at_ms, kind, body, meta, reply_to = row
    return Entry(
        conv=conv,
        epoch=epoch,
        seq=seq,
        id=entry_id,
        sender=sender,
        at_ms=at_ms,
        kind=kind,
        body=body,
        meta=json.loads(meta) if meta is not None else None,
        reply_to=reply_to,
    )
