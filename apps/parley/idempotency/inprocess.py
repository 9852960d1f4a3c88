"""Idempotency keys in this process's memory.

A reservation is ended only by the task that began it: a request that outlives its own leaves the next holder's alone.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast
from weakref import WeakKeyDictionary

from parley.idempotency.model import KEPT_S, RESERVED_S, Answer
from parley.idempotency.port import KeyInProgress, KeyReused

_FEW = 1_000


# Compared as what they are, not by what they hold: two reservations for the same request differ.
@dataclass(frozen=True, eq=False)
class _Record:
    fingerprint: bytes
    answer: Answer | None
    until: float


class InProcessIdempotency:
    """See the port; `clock` gives seconds and never goes back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._records: dict[tuple[str, str], _Record] = {}
        self._held: WeakKeyDictionary[asyncio.Task[Any], dict[tuple[str, str], _Record]] = WeakKeyDictionary()
        self._look_at = _FEW

    async def begin(self, user: str, key: str, fingerprint: bytes) -> Answer | None:
        """See the port."""
        record = self._current(user, key)
        if record is None:
            now = self._clock()
            self._forget(now)
            self._records[user, key] = self._mine()[user, key] = _Record(fingerprint, None, now + RESERVED_S)
            return None
        if record.fingerprint != fingerprint:
            raise KeyReused
        if record.answer is None:
            raise KeyInProgress
        return record.answer

    async def finish(self, user: str, key: str, answer: Answer) -> None:
        """See the port."""
        mine = self._mine().pop((user, key), None)
        if mine is not None and self._current(user, key) in (None, mine):
            self._records[user, key] = _Record(mine.fingerprint, answer, self._clock() + KEPT_S)

    async def release(self, user: str, key: str) -> None:
        """See the port."""
        mine = self._mine().pop((user, key), None)
        if mine is not None and self._current(user, key) is mine:
            del self._records[user, key]

    def _current(self, user: str, key: str) -> _Record | None:
        record = self._records.get((user, key))
        return record if record is not None and record.until > self._clock() else None

    def _mine(self) -> dict[tuple[str, str], _Record]:
        return self._held.setdefault(cast("asyncio.Task[Any]", asyncio.current_task()), {})

    def _forget(self, now: float) -> None:
        # Looked through whenever the number has doubled, so that each record is looked at a few times only.
        if len(self._records) >= self._look_at:
            self._records = {name: it for name, it in self._records.items() if it.until > now}
            self._look_at = max(_FEW, 2 * len(self._records))
