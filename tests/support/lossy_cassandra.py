"""A Cassandra log whose requests and answers get lost, and senders that keep a ledger of what they were told.

The node is a real one; what happens on the way to it is decided by a seed. A write that gets lost may still be carried
out, long after its sender was told that nobody knows.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from support.message_logs import draft

from parley.messages.cassandra import CassandraLog, open_cassandra_log
from parley.messages.cassandra_session import CassandraSession, Row, Statement
from parley.messages.model import Cursor, Entry
from parley.messages.port import LogUnavailable, MessageLog

_PATIENT_S = 60.0


class LossySession:
    """A session in which some requests never leave, some answers never come, and some writes take effect later."""

    def __init__(self, session: CassandraSession, seed: int) -> None:
        self._session, self._rng = session, random.Random(seed)
        self._late: list[tuple[Statement, tuple[object, ...]]] = []
        self.unsent = self.unanswered = self.late = 0

    async def execute(self, statement: Statement, *values: object) -> Sequence[Row]:
        fate = self._rng.random()
        if fate < 0.03:
            self.unsent += 1
            raise LogUnavailable
        if "INSERT" in statement.cql and self._rng.random() < 0.3:
            self.late += 1
            self._late.append((statement, values))
            raise LogUnavailable
        rows = await self._session.execute(statement, *values)
        if self._late and fate > 0.9:
            await self._apply_one()
        if fate < 0.13:
            self.unanswered += 1
            raise LogUnavailable
        return rows

    async def settle(self) -> None:
        """Carry out every write that has not come yet."""
        while self._late:
            await self._apply_one()

    async def _apply_one(self) -> None:
        statement, values = self._late.pop(self._rng.randrange(len(self._late)))
        await self._session.execute(statement, *values)


@asynccontextmanager
async def lossy_logs(url: str, seed: int) -> AsyncIterator[tuple[Sequence[CassandraLog], LossySession]]:
    """Two logs as in two processes, whose appends do not wait for each other, and what gets lost on their way."""
    async with open_cassandra_log(url, _PATIENT_S) as log:
        session = LossySession(log._session, seed)
        yield [CassandraLog(session, _PATIENT_S) for _ in range(2)], session


class Sender:
    """Sends one text after the other, each again with the same cursor until it is acknowledged."""

    def __init__(self, log: MessageLog, conv: str, name: str, texts: int) -> None:
        self._log, self.name = log, name
        self.drafts = [draft(conv, name) for _ in range(texts)]
        self.acknowledged: dict[str, int] = {}
        self.refusals = 0

    async def send_all(self) -> None:
        after = Cursor(1, 0)
        for text in self.drafts:
            entry = None
            while entry is None:
                entry = await self._attempt(text, after)
            self.acknowledged[text.id] = entry.seq
            after = Cursor(1, entry.seq)

    async def _attempt(self, text, after: Cursor) -> Entry | None:
        try:
            # A deadline for a test that hangs, far beyond what a call may take.
            async with asyncio.timeout(2 * _PATIENT_S):
                return await self._log.append(text, after)
        except LogUnavailable:
            self.refusals += 1
            return None


def broken_promises(entries: Sequence[Entry], senders: Sequence[Sender]) -> list[str]:
    """What the log does not keep of what the senders were told."""
    broken = []
    if [entry.seq for entry in entries] != list(range(1, len(entries) + 1)):
        broken.append("there is a hole")
    places: dict[str, list[int]] = {}
    for entry in entries:
        places.setdefault(entry.id, []).append(entry.seq)
    for sender in senders:
        order = [sender.acknowledged[text.id] for text in sender.drafts]
        if order != sorted(order):
            broken.append(f"{sender.name} is out of their own order")
        broken += [
            f"{it} is at {places.get(it)}, not {seq}"
            for it, seq in sender.acknowledged.items()
            if places.get(it) != [seq]
        ]
    if len(places) != sum(len(sender.drafts) for sender in senders):
        broken.append("there is what nobody sent")
    return broken
