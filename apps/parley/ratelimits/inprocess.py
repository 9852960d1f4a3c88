"""Token buckets in this process's memory."""

import time
from collections.abc import Callable

from parley.ratelimits.port import Rate

_KEEP = 10_000


class InProcessRateLimits:
    """One bucket per name; `clock` gives seconds and never goes back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[str, tuple[float, float, float]] = {}

    async def take(self, name: str, rate: Rate) -> int:
        """See the port."""
        now = self._clock()
        level = self._level(name, rate, now)
        admitted = level >= 1
        left = level - 1 if admitted else level
        self._buckets[name] = (left, now, now + (rate.burst - left) / rate.per_second)
        self._forget_full(now)
        return 0 if admitted else max(1, round((1 - level) / rate.per_second * 1000))

    def _level(self, name: str, rate: Rate, now: float) -> float:
        level, since, _ = self._buckets.get(name, (float(rate.burst), now, now))
        return min(float(rate.burst), level + (now - since) * rate.per_second)

    def _forget_full(self, now: float) -> None:
        # A bucket that has filled up again is the same as none.
        if len(self._buckets) > _KEEP:
            self._buckets = {name: it for name, it in self._buckets.items() if it[2] > now}
