"""The budget of sending, one per person whichever way a message comes: by socket or by POST (protocol.md 2.5)."""

from parley.contracts.problems import ProblemError
from parley.ratelimits.port import Rate, RateLimits

SENDING = Rate(per_second=5, burst=20)
"""How often one person may send."""


async def admit_sending(limits: RateLimits, user: str) -> None:
    """Take one message from the person's budget. Raises the `rate-limited` problem when it is used up."""
    wait_ms = await limits.take(f"send:{user}", SENDING)
    if wait_ms:
        raise ProblemError("rate-limited", retry_after_ms=wait_ms)
