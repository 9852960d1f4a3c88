"""A network that loses three requests in ten before they arrive, three replies in ten, and doubles three in ten.

Seeded: what happens to a client's n-th request is the same in every run. A doubled request reaches the server twice at
once, and either reply comes back.
"""

import asyncio
from random import Random

import httpx2

SHARE = 0.3


class LossyNetwork(httpx2.AsyncBaseTransport):
    """A transport over a sound one. What is lost raises `httpx2.TransportError`, as a real loss does."""

    def __init__(self, random: Random) -> None:
        self._sound, self._random = httpx2.AsyncHTTPTransport(), random
        self.lost_before = self.lost_after = self.doubled = 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer, or a loss."""
        if self._happens():
            self.lost_before += 1
            raise httpx2.ConnectError("lost before it arrived", request=request)
        answer = await (self._twice(request) if self._happens() else self._once(request))
        if self._happens():
            self.lost_after += 1
            raise httpx2.ReadError("the reply was lost", request=request)
        return answer

    async def aclose(self) -> None:
        """Close what lies below."""
        await self._sound.aclose()

    def _happens(self) -> bool:
        return self._random.random() < SHARE

    async def _once(self, request: httpx2.Request) -> httpx2.Response:
        body = await request.aread()
        answer = await self._sound.handle_async_request(
            httpx2.Request(request.method, request.url, headers=request.headers, content=body)
        )
        await answer.aread()
        return answer

    async def _twice(self, request: httpx2.Request) -> httpx2.Response:
        self.doubled += 1
        return self._random.choice(await asyncio.gather(self._once(request), self._once(request)))
