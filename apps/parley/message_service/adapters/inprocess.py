"""Idempotency keys in this process's memory."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from parley.message_service.errors import KeyInProgress, KeyReused
from parley.message_service.model import KEPT_S, RESERVED_S, Answer

_FEW = 1_000


@dataclass(frozen=True)
class _Record:
    fingerprint: bytes
    answer: Answer | None
    until: float


class InProcessIdempotency:
    """See the port; `clock` gives seconds and never goes back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._records: dict[tuple[str, str], _Record] = {}
        self._look_at = _FEW

    async def begin(self, user: str, key: str, fingerprint: bytes) -> Answer | None:
        """See the port."""
        now = self._clock()
        record = self._records.get((user, key))
        if record is None or record.until <= now:
            self._forget(now)
            self._records[user, key] = _Record(fingerprint, None, now + RESERVED_S)
            return None
        if record.fingerprint != fingerprint:
            raise KeyReused
        if record.answer is None:
            raise KeyInProgress
        return record.answer

    async def finish(self, user: str, key: str, answer: Answer) -> None:
        """See the port."""
        record = self._records.get((user, key))
        if record is not None:
            self._records[user, key] = _Record(record.fingerprint, answer, self._clock() + KEPT_S)

    async def release(self, user: str, key: str) -> None:
        """See the port."""
        self._records.pop((user, key), None)

    def _forget(self, now: float) -> None:
        # Looked through whenever the number has doubled, so that each record is looked at a few times only.
        if len(self._records) >= self._look_at:
            self._records = {name: it for name, it in self._records.items() if it.until > now}
            self._look_at = max(_FEW, 2 * len(self._records))
