"""Budgets in this process's memory.

A bucket is kept as the one moment at which it will be full again, in whole microseconds: sums of fractions would come
to say "not yet" after exactly the wait that they had told.
"""

import math
import time
from collections.abc import Callable

from parley.ratelimits.port import Rate

_FEW = 10_000


class InProcessRateLimits:
    """One bucket per name; `clock` gives seconds and never goes back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._full_at: dict[str, int] = {}
        self._look_at = _FEW

    async def take(self, name: str, rate: Rate) -> int:
        """See the port."""
        now = round(self._clock() * 1_000_000)
        token = math.ceil(1_000_000 / rate.per_second)
        full_at = max(self._full_at.get(name, now), now) + token
        too_early = full_at - rate.burst * token - now
        if too_early > 0:
            return math.ceil(too_early / 1000)
        self._forget_full(now)
        self._full_at[name] = full_at
        return 0

    def _forget_full(self, now: int) -> None:
        # A bucket that has filled up again is the same as none. Looked through whenever the number has doubled.
        if len(self._full_at) >= self._look_at:
            self._full_at = {name: at for name, at in self._full_at.items() if at > now}
            self._look_at = max(_FEW, 2 * len(self._full_at))
