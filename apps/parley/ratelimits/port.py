"""The port of rate limits: a token bucket per name, shared by every replica.

Guarantee: over any span of t seconds at most `burst + rate · t` calls are admitted per name; a budget that is lost (the
engine restarted) starts full.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Rate:
    """`per_second` tokens flow in, at most `burst` are kept."""

    per_second: float
    burst: int


class RateLimits(Protocol):
    """Take tokens from named buckets."""

    async def take(self, name: str, rate: Rate) -> int:
        """Take one token from bucket `name`: 0 when admitted, else the milliseconds until one will be there (≥ 1).

        Never raises for an engine that is away: the caller is then admitted.
        """
