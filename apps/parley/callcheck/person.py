"""Somebody who signs in and speaks REST, as any program does that knows the documented calls."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

Json = dict[str, Any]
_TIMEOUT_S = 10.0


class Unexpected(Exception):
    """An answer that is not the one which a sound installation gives; told without its body."""


@dataclass(frozen=True)
class Person:
    """One who has signed in; `http` speaks in their name."""

    id: str
    email: str
    token: str
    http: httpx2.AsyncClient

    @property
    def headers(self) -> dict[str, str]:
        """Who asks, in every request."""
        return {"authorization": f"Bearer {self.token}"}

    async def ask(self, method: str, url: str, body: Json | None = None, **more: Any) -> Json:
        """The body of a good answer. Raises Unexpected and httpx2.HTTPError."""
        return told(await self.http.request(method, url, json=body, headers=self.headers, **more))


@asynccontextmanager
async def opened(trust: ssl.SSLContext) -> AsyncIterator[httpx2.AsyncClient]:
    """Connections of nobody in particular."""
    async with httpx2.AsyncClient(verify=trust, timeout=_TIMEOUT_S) as http:
        yield http


async def request_code(http: httpx2.AsyncClient, url: str, address: str) -> str:
    """The challenge that the code will answer."""
    return str(told(await http.post(f"{url}/otp", json={"email": address}))["challenge"])


async def enter_code(http: httpx2.AsyncClient, url: str, challenge: str, code: str) -> Person:
    """Whoever signs in with this code."""
    device = {"name": "Call check", "platform": "app"}
    body = {"code": code, "transport": "bearer", "device": device}
    entered = told(await http.post(f"{url}/otp/{challenge}/verify", json=body))
    return Person(entered["user"]["id"], entered["user"]["email"], entered["token"], http)


def told(answer: httpx2.Response) -> Json:
    """The body of an answer that is none of a refusal. Raises Unexpected."""
    if not answer.is_success:
        raise Unexpected(f"HTTP {answer.status_code}")
    return dict(answer.json()) if answer.content else {}
