"""Statements on a Cassandra cluster, awaited: a thin bridge between the driver's own thread and the event loop.

The driver answers on its thread; each answer hops to the loop, and no thread waits for one. The cluster may be away
when the process starts: connecting goes on in the background until it succeeds or cannot ever. Next: `cassandra.py`.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from cassandra import ConsistencyLevel  # type: ignore[import-untyped]
from cassandra.cluster import ResponseFuture  # type: ignore[import-untyped]
from cassandra.query import PreparedStatement  # type: ignore[import-untyped]

from parley.configuration import ConfigurationError
from parley.messages.cassandra_cluster import connect, reason, refusal, told
from parley.messages.cassandra_schema import check_version
from parley.messages.cassandra_urls import CassandraUrl
from parley.messages.port import LogUnavailable

_AT_ONCE = 256
"""Requests on their way at most, so that a stalled cluster is not buried and one page of heads is not one burst."""

_RECONNECT_S = 0.5, 10.0
"""The first and the longest pause between attempts to connect; each is anything up to that."""

_log = logging.getLogger("parley.messages.cassandra")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Statement:
    """What is prepared, with `{keyspace}` for the keyspace. A serial read finishes what writes have left unfinished."""

    cql: str
    is_serial: bool = False


@asynccontextmanager
async def open_session(
    url: CassandraUrl, statements: Sequence[Statement], request_s: float
) -> "AsyncIterator[CassandraSession]":
    """A session that connects in the background. `request_s` is how long one request may take, in seconds."""
    session = CassandraSession(url, statements, request_s)
    connecting = asyncio.create_task(session.connect())
    try:
        yield session
    finally:
        session.stop_connecting()
        await connecting
        await session.close()


class CassandraSession:
    """Executes prepared statements; raises nothing of the driver's."""

    def __init__(self, url: CassandraUrl, statements: Sequence[Statement], request_s: float) -> None:
        self._url, self._statements, self._request_s = url, statements, request_s
        self._loop = asyncio.get_running_loop()
        self._driver: _Driver | None = None
        self._refused: ConfigurationError | None = None
        self._has_tried, self._is_closing = asyncio.Event(), asyncio.Event()
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def execute(self, statement: Statement, *values: Any) -> Sequence[Row]:
        """The rows of the answer; a write that is not conditional has none. Raises LogUnavailable.

        A write may then have been carried out, or be carried out later. Before the first attempt to connect has ended,
        this waits for it.
        """
        await self._has_tried.wait()
        if self._driver is None:
            raise LogUnavailable
        async with self._places:
            return await self._answer(self._driver, statement, values)

    async def check(self, statement: Statement) -> None:
        """Return when the cluster answers. Raises LogUnavailable, and ConfigurationError if it never will."""
        try:
            await self.execute(statement)
        except LogUnavailable as error:
            raise self._refused or refusal(self._url, error.__cause__) or error from error.__cause__

    async def connect(self) -> None:
        """Try until it works, cannot ever work, or is no longer wanted."""
        pause, longest = _RECONNECT_S
        while not await self._has_settled():
            with suppress(TimeoutError):
                async with asyncio.timeout(random.uniform(0, pause)):  # noqa: S311 -- spread, not secret
                    await self._is_closing.wait()
            pause = min(2 * pause, longest)

    def stop_connecting(self) -> None:
        """Make an attempt that is running the last one."""
        self._is_closing.set()

    async def close(self) -> None:
        """End what is on its way, and close every connection."""
        driver, self._driver = self._driver, None
        if driver is not None:
            await asyncio.to_thread(driver.close)

    async def _has_settled(self) -> bool:
        if self._is_closing.is_set():
            return True
        try:
            self._driver = await asyncio.to_thread(_Driver, self._url, self._statements, self._request_s)
        except ConfigurationError as error:
            self._refused = error
        except LogUnavailable as error:
            self._tell_absence(error)
        else:
            self._tell_presence()
        self._has_tried.set()
        return self._driver is not None or self._refused is not None

    def _tell_absence(self, error: LogUnavailable) -> None:
        if not self._has_tried.is_set():
            nodes = ", ".join(f"{host}:{port}" for host, port in self._url.nodes)
            _log.warning("Cassandra does not answer at %s (%s); trying until it does.", nodes, reason(error.__cause__))

    def _tell_presence(self) -> None:
        if self._has_tried.is_set():
            _log.warning("Cassandra answers.")

    async def _answer(self, driver: "_Driver", statement: Statement, values: Sequence[Any]) -> Sequence[Row]:
        answer: asyncio.Future[Sequence[Row]] = self._loop.create_future()
        request = driver.send(statement, values)
        hop = self._loop.call_soon_threadsafe
        request.add_callbacks(lambda rows: hop(_fulfil, answer, rows), lambda error: hop(_fail, answer, error))
        return await answer


class _Driver:
    """The driver's session with its prepared statements; made on a thread, since all of it waits for the cluster."""

    def __init__(self, url: CassandraUrl, statements: Sequence[Statement], request_s: float) -> None:
        self._session = connect(url, request_s)
        try:
            with told(url):
                check_version(self._session, url)
                self._prepared = {it: self._prepare(it, url.keyspace) for it in statements}
        except BaseException:
            self.close()
            raise

    def send(self, statement: Statement, values: Sequence[Any]) -> ResponseFuture:
        """Send a request without waiting. Raises whatever is wrong with a value."""
        return self._session.execute_async(self._prepared[statement].bind(values))

    def close(self) -> None:
        self._session.cluster.shutdown()

    def _prepare(self, statement: Statement, keyspace: str) -> PreparedStatement:
        prepared = self._session.prepare(statement.cql.format(keyspace=keyspace))
        if statement.is_serial:
            prepared.consistency_level = ConsistencyLevel.LOCAL_SERIAL
        return prepared


def _fulfil(answer: "asyncio.Future[Sequence[Row]]", rows: Sequence[Row] | None) -> None:
    if not answer.done():
        answer.set_result(rows or ())


def _fail(answer: "asyncio.Future[Sequence[Row]]", cause: Exception) -> None:
    if not answer.done():
        error = LogUnavailable()
        error.__cause__ = cause
        answer.set_exception(error)
