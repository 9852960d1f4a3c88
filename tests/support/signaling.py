"""rtc-service on a real database, spoken to over ASGI, with an ear on its fan-out and clocks that a test moves."""

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
from support.messaging import assert_problem
from support.people import sign_in, sign_up

from parley.component import Component
from parley.configuration import load
from parley.conversations.sql import SqlConversations
from parley.endedcalls.inprocess import InProcessEndedCalls
from parley.fanout.inprocess import InProcessFanout
from parley.idempotency.inprocess import InProcessIdempotency
from parley.identity.model import Account
from parley.identity.recent import RecentSessions
from parley.identity.sql import SqlAccounts, SqlSessions
from parley.ratelimits.inprocess import InProcessRateLimits
from parley.readiness import Readiness
from parley.rest.application import build_application
from parley.rtc_service.adapters.inprocess import InProcessRtcSessions
from parley.rtc_service.settings import RtcSettings
from parley.rtc_service.wiring import Parts, assemble
from parley.sql.database import Database
from parley.turn.ring import RingSource

SDP = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-ufrag:{fragment}\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
LINE = "candidate:1 1 udp 2122260223 192.0.2.1 {port} typ host"
TURN = "turn:127.0.0.1:3478?transport=udp,turn:127.0.0.1:3478?transport=tcp"


def sdp(fragment: str = "abcd") -> str:
    """A small description with this ICE user fragment."""
    return SDP.format(fragment=fragment)


def candidate(port: int, fragment: str | None = "abcd", **members: Any) -> dict[str, Any]:
    """An RTCIceCandidateInit."""
    init = {"candidate": LINE.format(port=port), "sdpMid": "0", "sdpMLineIndex": 0, "usernameFragment": fragment}
    return init | members


@dataclass
class Peer:
    """Somebody signed in, and what they say to rtc-service."""

    account: Account
    token: str
    http: httpx2.AsyncClient

    @property
    def id(self) -> str:
        return self.account.id

    @property
    def email(self) -> str:
        return self.account.email

    async def opens(self, **members: Any) -> str:
        """The id of a new session."""
        answer = await self.http.post("/sessions", json={"initiator": self.email} | members)
        assert answer.status_code == 201, answer.text
        return answer.json()["session"]["id"]

    async def reads(self, session: str, headers: dict[str, str] | None = None, **query: Any) -> httpx2.Response:
        return await self.http.get(f"/sessions/{session}", params=query, headers=headers or {})

    async def sees(self, session: str, **query: Any) -> dict[str, Any]:
        """The whole answer."""
        answer = await self.reads(session, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def offers(self, session: str, fragment: str = "abcd", **headers: str) -> httpx2.Response:
        body = {"from": self.email, "sdp": sdp(fragment)}
        return await self.http.put(f"/sessions/{session}/offer", json=body, headers=headers)

    async def answers(self, session: str, fragment: str = "wxyz", **members: Any) -> httpx2.Response:
        body = {"from": self.email, "sdp": sdp(fragment)} | members
        return await self.http.put(f"/sessions/{session}/answer", json=body)

    async def trickles(self, session: str, *ports: int, **members: Any) -> httpx2.Response:
        """A batch of candidates."""
        batch = [candidate(port, **members) for port in ports]
        return await self.http.post(f"/sessions/{session}/candidates", json={"from": self.email, "candidates": batch})


@dataclass
class Signaling:
    """The service, what it works through, its clock, and what it said to others."""

    database: Database
    clock: MovableClock
    parts: Parts
    component: Component
    listening: Listening
    conversations: SqlConversations
    stack: AsyncExitStack
    app: ASGIApp

    def client(self, **headers: str) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(transport=httpx2.ASGITransport(self.app), base_url="http://test", headers=headers)

    async def peer(self, name: str) -> Peer:
        """A new account, signed in."""
        account = (await sign_up(self.database, name))[name]
        token = await sign_in(self.database, account)
        http = await self.stack.enter_async_context(self.client(authorization=f"Bearer {token}"))
        return Peer(account, token, http)


@asynccontextmanager
async def signaling(
    folder: Path,
    change: Callable[[Parts], Parts] = lambda parts: parts,
    ring: RingSource | None = None,
    **settings: Any,
) -> AsyncIterator[Signaling]:
    """The service on a fresh database, on one clock; settings by their field names.

    `change` may put something between the service and its ports.
    """
    clock, fanout = MovableClock(), InProcessFanout()
    loaded = load(RtcSettings, **{"database_url": "sqlite+aiosqlite:///unused.db", "turn_server_urls": TURN} | settings)

    def seconds() -> float:
        return clock.now_ms / 1000

    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(sqlite(folder, clock))
        conversations = SqlConversations(database, lobby=loaded.has_lobby)
        parts = Parts(
            sessions=RecentSessions(SqlSessions(database), fanout, seconds),
            accounts=SqlAccounts(database),
            membership=conversations,
            rtc_sessions=InProcessRtcSessions(loaded.session_ttl_seconds, seconds),
            ended=InProcessEndedCalls(seconds),
            fanout=fanout,
            limits=InProcessRateLimits(seconds),
            idempotency=InProcessIdempotency(seconds),
            ring=ring or loaded.ring(),
        )
        component = assemble(loaded, change(parts))
        yield Signaling(
            database=database,
            clock=clock,
            parts=parts,
            component=component,
            listening=Listening(fanout),
            conversations=conversations,
            stack=stack,
            app=build_application("test", [component], loaded.allowed_origins, Readiness({}, asyncio.Event())),
        )


__all__ = ["Peer", "Signaling", "assert_problem", "candidate", "sdp", "signaling"]
