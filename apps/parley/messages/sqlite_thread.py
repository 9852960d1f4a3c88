"""One SQLite connection on a thread of its own, for work that is a whole transaction.

A driver that goes to its thread for every statement would cross five times for one append; here it is once. Whatever
waits while a transaction is running shares the next one, so that many appends cost one flush to disk.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from parley.messages.port import LogUnavailable

_TOGETHER = 128
"""How many waiting calls share one transaction at most, so that the first of them does not wait for long."""

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]


class SqliteThread:
    """Runs work in transactions that begin with `begin`; `close` first does everything that was asked for before it."""

    def __init__(self, connection: sqlite3.Connection, begin: str) -> None:
        self._connection, self._begin = connection, begin
        self._loop = asyncio.get_running_loop()
        self._is_closed = False
        self._asked: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=f"messages {begin.lower()}", daemon=True)
        self._thread.start()

    async def run(self, work: Work[T]) -> T:
        """What `work` returns or raises, once its transaction has ended. Raises LogUnavailable if that failed.

        Work that raises anything but the engine's errors must not have written before.
        """
        if self._is_closed:
            raise LogUnavailable
        future: asyncio.Future[T] = self._loop.create_future()
        self._asked.put(_Call(work, future))
        return await future

    async def close(self) -> None:
        """Finish what was asked for, then close the connection."""
        self._is_closed = True
        self._asked.put(None)
        await asyncio.to_thread(self._thread.join)
        self._connection.close()

    def _run(self) -> None:
        while calls := self._next_calls():
            try:
                self._transact(calls)
            except sqlite3.Error as error:
                self._fail(calls, error)
            self._loop.call_soon_threadsafe(_answer, calls)

    def _next_calls(self) -> "Sequence[_Call]":
        """Everything that waits now, or the first that comes; empty at the end."""
        calls: list[_Call] = []
        while not calls or (len(calls) < _TOGETHER and not self._asked.empty()):
            call = self._asked.get()
            if call is None:
                # Put back, so that what was asked before it is done first.
                if calls:
                    self._asked.put(None)
                break
            calls.append(call)
        return calls

    def _transact(self, calls: "Sequence[_Call]") -> None:
        self._connection.execute(self._begin)
        for call in calls:
            call.perform(self._connection)
        self._connection.execute("COMMIT")

    def _fail(self, calls: "Sequence[_Call]", cause: sqlite3.Error) -> None:
        if self._connection.in_transaction:
            self._connection.rollback()
        for call in calls:
            call.result, call.error = None, LogUnavailable()
            call.error.__cause__ = cause


class _Call:
    """Work, who waits for it, and what came of it."""

    def __init__(self, work: Work[Any], future: "asyncio.Future[Any]") -> None:
        self._work, self._future = work, future
        self.result: Any = None
        self.error: Exception | None = None

    def perform(self, connection: sqlite3.Connection) -> None:
        try:
            self.result = self._work(connection)
        except sqlite3.Error:
            raise
        except Exception as error:  # noqa: BLE001 -- it belongs to whoever asked, not to this thread
            self.error = error

    def answer(self) -> None:
        if self._future.done():
            return
        if self.error is not None:
            self._future.set_exception(self.error)
        else:
            self._future.set_result(self.result)


def _answer(calls: Sequence[_Call]) -> None:
    for call in calls:
        call.answer()
