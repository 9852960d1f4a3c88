"""A client behind the cluster's way in, which answers by itself while the pod that it had chosen goes away.

Such an answer is not the product's; it is a lost request, and is sent again as one. Next: `cluster_calls.py`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from conformance.client import Client, Person

_OF_A_GATEWAY = {502, 503, 504}
_PAUSE_S = 0.2
_TIMEOUT_S = 40.0


class _BehindGateway(httpx2.AsyncHTTPTransport):
    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = await super().handle_async_request(request)
        is_problem = answer.headers.get("content-type", "").startswith("application/problem+json")
        if answer.status_code in _OF_A_GATEWAY and not is_problem:
            await answer.aclose()
            await asyncio.sleep(_PAUSE_S)
            raise httpx2.RemoteProtocolError(f"the way in says {answer.status_code}", request=request)
        return answer


@asynccontextmanager
async def behind_gateway(person: Person) -> AsyncIterator[Client]:
    """As `client` of the conformance tests, over that network."""
    async with httpx2.AsyncClient(
        base_url=person.url, headers=person.headers, transport=_BehindGateway(), timeout=_TIMEOUT_S
    ) as http:
        yield Client(person, http)
