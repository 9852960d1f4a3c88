"""registration-api and email-worker on a real database, spoken to over ASGI, with a mailbox that a test can read."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from starlette.types import ASGIApp
from support.databases import MovableClock, sqlite

from parley.bus.inprocess import InProcessBus
from parley.bus.port import Event
from parley.component import Component
from parley.configuration import load
from parley.email_worker.adapters.letters import TemplateLetters
from parley.email_worker.consumer import RegistrationConsumer
from parley.email_worker.model import Mail
from parley.email_worker.ports import Accepted
from parley.email_worker.service import CodeMailer, Keys
from parley.fanout import channels
from parley.fanout.inprocess import InProcessFanout
from parley.identity.sql import SqlAccounts, SqlSessions
from parley.onetimecodes.sql import SqlOneTimeCodes
from parley.onetimecodes.sql_deliveries import SqlDeliveries
from parley.onetimecodes.sql_reports import SqlMailReports
from parley.readiness import Readiness
from parley.registration_api.settings import RegistrationSettings
from parley.registration_api.wiring import Parts, assemble
from parley.rest.application import build_application
from parley.sql.database import Database

ORIGIN = "http://localhost:8082"
PEPPER = "70" * 32
MANIFEST = {
    "src/main.tsx": {"file": "assets/main-1a.js", "css": ["assets/main-1b.css"], "imports": ["_shared.js"]},
    "src/features/login/login.ts": {"file": "assets/login-2a.js", "css": ["assets/login-2b.css"]},
    "_shared.js": {"file": "assets/shared-3a.js", "css": ["assets/shared-3b.css"]},
}
FILES = {
    "assets/main-1a.js": "console.log('main')\n" * 100,
    "assets/main-1b.css": "body{}",
    "assets/login-2a.js": "console.log('login')",
    "assets/login-2b.css": "main{}",
    "assets/shared-3a.js": "export {}",
    "assets/shared-3b.css": "p{}",
    "assets/photo-4a.png": "\x89PNG",
    "index.html": "not an asset",
}


def write_client(folder: Path) -> Path:
    """A small built client, as Vite would leave it."""
    for name, text in {**FILES, ".vite/manifest.json": json.dumps(MANIFEST)}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


class Mailbox:
    """A mail service that accepts everything and keeps it."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    async def send(self, mail: Mail) -> Accepted:
        self.mails.append(mail)
        return Accepted()

    def code_for(self, address: str) -> str:
        """The newest code that was mailed to an address."""
        return next(mail.code for mail in reversed(self.mails) if mail.to == address)


class Heard:
    """A listener on the fan-out that notes what is published."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, bytes]] = []

    def on_message(self, channel: str, payload: bytes) -> None:
        self.messages.append((channel, payload))

    def on_lost(self) -> None:
        raise AssertionError("nothing is lost inside a process")


@dataclass
class Registration:
    """The two services, their database and its clock, and what they said to others."""

    database: Database
    clock: MovableClock
    component: Component
    codes: SqlOneTimeCodes
    consumer: RegistrationConsumer
    mailbox: Mailbox
    heard: Heard
    stack: AsyncExitStack
    app: ASGIApp

    async def browser(self, peer: str = "203.0.113.7", **headers: str) -> httpx2.AsyncClient:
        """A new browser with its own cookies; `origin=""` sends none."""
        given = {"origin": ORIGIN, "user-agent": "Firefox/140.0 (X11; Linux x86_64)"} | headers
        client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(self.app, client=(peer, 40_000)),
            base_url=ORIGIN,
            headers={name.replace("_", "-"): value for name, value in given.items() if value},
        )
        return await self.stack.enter_async_context(client)

    async def deliver(self) -> None:
        """Hand everything in the outbox to the worker."""
        for event in await self.codes.pending_events(1000):
            await self.consumer.handle(Event(event.topic, event.key, event.payload))

    async def ask(self, browser: httpx2.AsyncClient, address: str = "ann@example.org") -> tuple[str, str]:
        """Ask for a code as JSON; the challenge and the code that was mailed."""
        answer = await browser.post("/otp", json={"email": address})
        assert answer.status_code == 202, answer.text
        await self.deliver()
        return answer.json()["challenge"], self.mailbox.code_for(address)

    async def published(self) -> list[tuple[str, bytes]]:
        """What was published on the fan-out since the last call; it is handed over in the loop's next turn."""
        await asyncio.sleep(0)
        messages, self.heard.messages = self.heard.messages, []
        return messages

    async def sign_in(self, browser: httpx2.AsyncClient, address: str = "ann@example.org", **body: Any) -> Any:
        """Sign a browser in; the answer's document."""
        challenge, code = await self.ask(browser, address)
        answer = await browser.post(f"/otp/{challenge}/verify", json={"code": code, **body})
        assert answer.status_code == 200, answer.text
        return answer.json()


@asynccontextmanager
async def registration(folder: Path, **settings: Any) -> AsyncIterator[Registration]:
    """Both services on a fresh database; settings by their field names."""
    clock = MovableClock()
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(sqlite(folder, clock))
        given = {
            "database_url": "sqlite+aiosqlite:///unused.db",
            "code_pepper": PEPPER,
            "chat_web_dist": write_client(folder / "dist"),
        }
        loaded = load(RegistrationSettings, **given | settings)
        codes, fanout, mailbox, heard = SqlOneTimeCodes(database), InProcessFanout(), Mailbox(), Heard()
        listening = fanout.listen(heard)
        await listening.subscribe(channels.REVOKED)
        await listening.subscribe("c:00000000-0000-7000-8000-000000000001")
        parts = Parts(
            codes=codes,
            reports=SqlMailReports(database),
            sessions=SqlSessions(database),
            accounts=SqlAccounts(database),
            bus=InProcessBus(),
            fanout=fanout,
        )
        mailer = CodeMailer(
            deliveries=SqlDeliveries(database),
            transport=mailbox,
            letters=TemplateLetters("localhost"),
            keys=Keys(code=b"c" * 32, pepper=bytes.fromhex(PEPPER)),
            worker="worker-1",
        )
        component = assemble(loaded, parts)
        yield Registration(
            database=database,
            clock=clock,
            component=component,
            codes=codes,
            consumer=RegistrationConsumer(InProcessBus(), mailer),
            mailbox=mailbox,
            heard=heard,
            stack=stack,
            app=build_application("test", [component], loaded.allowed_origins, Readiness({}, asyncio.Event())),
        )
