"""Budgets at a server that is connected and says nothing."""

import asyncio

from parley.ratelimits.port import Rate
from parley.ratelimits.redis import RedisRateLimits


class Silent:
    """A server whose answers never come, and whose connections have no time limit of their own."""

    async def ask(self, one):
        await asyncio.Event().wait()


async def test_a_silent_server_admits():
    """Whoever asks for a budget is admitted when the server does not answer, and does not wait for its connection."""
    assert await asyncio.wait_for(RedisRateLimits(Silent()).take("ann", Rate(5, 20)), 10) == 0
