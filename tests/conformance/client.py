"""A signed-in client of the REST calls, as docs/protocol/README.md says how to write one.

What is lost is sent again as it was; where the server says when to come back, the client does. Next: `peers.py`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

import httpx2
from conformance.network import LossyNetwork

Json = dict[str, Any]
_TIMEOUT_S = 40.0
"""Longer than the longest wait that one can ask for."""


@dataclass(frozen=True)
class Person:
    """Somebody signed in."""

    url: str
    id: str
    email: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """Who asks, in every request."""
        return {"authorization": f"Bearer {self.token}"}


class Client:
    """One person's requests over one network."""

    def __init__(self, person: Person, http: httpx2.AsyncClient) -> None:
        self.person, self._http = person, http
        self.lost = 0

    async def ask(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """The answer; `more` is httpx2's."""
        while True:
            try:
                answer = await self._http.request(method, path, **more)
            except httpx2.TransportError:
                self.lost += 1
                continue
            pause = _pause(answer)
            if pause is None:
                return answer
            await asyncio.sleep(pause)

    async def get(self, path: str, status: int = 200, **more: Any) -> Json:
        """The body of an answer that has this status."""
        return told(await self.ask("GET", path, **more), status)

    async def post(self, path: str, body: Json, status: int = 200, **more: Any) -> Json:
        """As `get`."""
        return told(await self.ask("POST", path, json=body, **more), status)

    async def put(self, path: str, body: Json, status: int = 200, **more: Any) -> Json:
        """As `get`."""
        return told(await self.ask("PUT", path, json=body, **more), status)


@asynccontextmanager
async def client(person: Person, random: Random | None = None) -> AsyncIterator[Client]:
    """A client over a sound network or, with a source of random numbers, over one that is none."""
    network = httpx2.AsyncHTTPTransport() if random is None else LossyNetwork(random)
    async with httpx2.AsyncClient(
        base_url=person.url, headers=person.headers, transport=network, timeout=_TIMEOUT_S
    ) as http:
        yield Client(person, http)


def told(answer: httpx2.Response, status: int) -> Json:
    """The body, if the status is this one."""
    assert answer.status_code == status, (
        answer.request.method,
        answer.request.url.path,
        answer.status_code,
        answer.text,
    )
    return answer.json() if answer.content else {}


def slug(answer: httpx2.Response) -> str:
    """The last word of a problem's type; every refusal is a problem."""
    assert answer.headers["content-type"] == "application/problem+json", answer.headers["content-type"]
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["title"]
    return problem["type"].removeprefix("/problems/")


def _pause(answer: httpx2.Response) -> float | None:
    """Seconds until the same request may be answered otherwise, None for an answer that stands."""
    if answer.status_code in (429, 503):
        return answer.json()["retry_after_ms"] / 1000
    if answer.status_code == 409 and slug(answer) == "in-progress":
        return 0.05
    return None
