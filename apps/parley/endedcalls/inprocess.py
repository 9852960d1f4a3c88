"""Calls that are over, in this process's memory."""

import time
from collections.abc import Callable

from parley.endedcalls.port import KEPT_S


class InProcessEndedCalls:
    """See the port; `clock` gives seconds and never goes back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    async def add(self, *calls: str) -> None:
        """See the port."""
        now = self._clock()
        for call in calls:
            # Taken out first, so that the order of the dictionary is the order in which they are forgotten.
            self._until.pop(call, None)
            self._until[call] = now + KEPT_S
        self._forget(now)

    async def has(self, call: str) -> bool:
        """See the port."""
        return self._until.get(call, 0.0) > self._clock()

    def _forget(self, now: float) -> None:
        while self._until and self._until[first := next(iter(self._until))] <= now:
            del self._until[first]
