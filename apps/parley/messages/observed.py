"""A message log that tells how long it takes to append, which is what a person waits for after pressing send."""

import time

from parley.messages.model import Cursor, Draft, Entry
from parley.messages.port import LogUnavailable, MessageLog, StaleCursor
from parley.telemetry.port import Meters


class ObservedLog:
    """See the port; `log` does the work, and all but `append` is its own."""

    def __init__(self, log: MessageLog, meters: Meters) -> None:
        self._append, self._meters = log.append, meters
        self.check = log.check
        self.read_after, self.read_before = log.read_after, log.read_before
        self.heads, self.newest = log.heads, log.newest
        self.mark_read, self.begin_reading = log.mark_read, log.begin_reading
        self.marks_of, self.marks_in = log.marks_of, log.marks_in

    async def append(self, draft: Draft, after: Cursor) -> Entry:
        """See the port."""
        result, began = "failed", time.perf_counter()
        try:
            entry = await self._append(draft, after)
            result = "stored"
        except StaleCursor:
            result = "stale"
            raise
        except LogUnavailable:
            result = "unavailable"
            raise
        finally:
            self._meters.appended(result, time.perf_counter() - began)
        return entry
