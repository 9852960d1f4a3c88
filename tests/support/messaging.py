"""message-service on a real database and a real log, spoken to over ASGI, with an ear on its fan-out."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from starlette.types import ASGIApp
from support.databases import MovableClock, sqlite
from support.listening import Listening
from support.people import sign_in, sign_up

from parley.component import Component
from parley.configuration import load
from parley.contracts.problems import PROBLEMS
from parley.conversations.sql import SqlConversations
from parley.fanout.inprocess import InProcessFanout
from parley.idempotency.inprocess import InProcessIdempotency
from parley.identity.model import Account, new_id
from parley.identity.sql import SqlAccounts, SqlSessions
from parley.message_service.settings import MessageSettings
from parley.message_service.wiring import Parts, assemble
from parley.messages.sqlite import open_sqlite_log
from parley.ratelimits.inprocess import InProcessRateLimits
from parley.readiness import Readiness
from parley.rest.application import build_application
from parley.sql.database import Database

ORIGIN = "http://localhost:8082"
"""The page that may send cookies, by the default settings."""


@dataclass
class Member:
    """Somebody signed in, and their HTTP client."""

    account: Account
    http: httpx2.AsyncClient

    @property
    def id(self) -> str:
        return self.account.id

    async def founds(self, *others: "Member", title: str | None = None) -> str:
        """The id of a new group with the others, or with nobody who is here when none is named."""
        members = [it.id for it in others]
        answer = await self.http.post("/api/conversations", json={"kind": "group", "members": members, "title": title})
        assert answer.status_code == 201, answer.text
        return answer.json()["conv"]

    async def meets(self, other: "Member") -> str:
        """The id of the direct conversation with the other."""
        answer = await self.http.post("/api/conversations", json={"kind": "direct", "members": [other.id]})
        assert answer.status_code in (200, 201), answer.text
        return answer.json()["conv"]

    async def says(self, conv: str, after: int, body: str = "good morning", /, **members: Any) -> httpx2.Response:
        """Post a text with a fresh id; every member of the body can be changed."""
        text = {"id": new_id(), "after": [1, after], "kind": "text", "body": body} | members
        return await self.http.post(f"/api/conversations/{conv}/messages", json=text)

    async def sees(self, conv: str) -> Any:
        """The conversation as this person sees it."""
        answer = await self.http.get(f"/api/conversations/{conv}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def reads(self, conv: str, **query: int) -> list[Any]:
        """Entries of the conversation."""
        answer = await self.http.get(f"/api/conversations/{conv}/messages", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]


@dataclass
class Messaging:
    """The service, what it works through, its clock, and what it said to others."""

    database: Database
    clock: MovableClock
    parts: Parts
    component: Component
    listening: Listening
    stack: AsyncExitStack
    app: ASGIApp

    def client(self, **headers: str) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(transport=httpx2.ASGITransport(self.app), base_url="http://test", headers=headers)

    async def member(self, name: str) -> Member:
        """A new account, signed in."""
        account = (await sign_up(self.database, name))[name]
        token = await sign_in(self.database, account)
        http = await self.stack.enter_async_context(self.client(authorization=f"Bearer {token}"))
        return Member(account, http)

    async def crowd(self, count: int) -> list[str]:
        """The ids of that many accounts that nobody is signed in with."""
        return [it.id for it in (await sign_up(self.database, *(f"p{number:03}" for number in range(count)))).values()]


@asynccontextmanager
async def messaging(
    folder: Path, change: Callable[[Parts], Parts] = lambda parts: parts, **settings: Any
) -> AsyncIterator[Messaging]:
    """The service on a fresh database and log, on one clock; settings by their field names.

    `change` may put something between the service and its ports.
    """
    clock, fanout = MovableClock(), InProcessFanout()
    loaded = load(
        MessageSettings,
        **{"database_url": "sqlite+aiosqlite:///unused.db", "message_log_url": "sqlite:///unused.db"} | settings,
    )
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(sqlite(folder, clock))
        parts = Parts(
            sessions=SqlSessions(database),
            accounts=SqlAccounts(database),
            conversations=SqlConversations(database, lobby=loaded.has_lobby),
            log=await stack.enter_async_context(open_sqlite_log(f"sqlite:///{folder / 'messages.db'}", clock)),
            fanout=fanout,
            limits=InProcessRateLimits(lambda: clock.now_ms / 1000),
            idempotency=InProcessIdempotency(lambda: clock.now_ms / 1000),
        )
        component = assemble(loaded, change(parts))
        yield Messaging(
            database=database,
            clock=clock,
            parts=parts,
            component=component,
            listening=Listening(fanout),
            stack=stack,
            app=build_application("test", [component], loaded.allowed_origins, Readiness({}, asyncio.Event())),
        )


def assert_problem(answer: httpx2.Response, slug: str, *pointers: str) -> None:
    """The answer is this problem, with errors at exactly these places."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    document = answer.json()
    assert (answer.status_code, document["type"]) == (PROBLEMS[slug].status, f"/problems/{slug}"), answer.text
    assert [it["pointer"] for it in document.get("errors", [])] == list(pointers)
