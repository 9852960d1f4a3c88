"""Browsers that sign in at whichever replica of registration-api they reach, and what the database then holds."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from sqlalchemy import select, text
from support import engines, mysql
from support.mail_sink import MailSink

from parley.identity.model import new_id
from parley.sql.database import Database, open_database
from parley.sql.tables import otp_requests

ORIGIN = "http://localhost:8082"
"""The page's origin, as CHAT_WEB_ORIGIN has it by default."""

TRIES = 10
UNFINISHED = {"queued", "delayed"}

_networks = itertools.count(1)


def new_address(name: str = "ann") -> str:
    """An address that nobody has used."""
    return f"{name}-{new_id()}@example.org"


class Browser:
    """One browser with its cookies, in a network of its own as far as a trusted proxy tells."""

    def __init__(self, urls: Sequence[str], rng: random.Random, network: str = "") -> None:
        self.urls, self._rng = urls, rng
        network = network or _network(next(_networks))
        self.http = httpx2.AsyncClient(
            headers={"origin": ORIGIN, "x-forwarded-for": network},
            timeout=30,
            limits=httpx2.Limits(max_connections=100),
        )

    async def ask(self, address: str) -> httpx2.Response:
        """Ask for a code. Raises httpx2.TransportError if the replica is gone."""
        return await self._post("/otp", {"email": address})

    async def asked(self, address: str) -> str:
        """The challenge of a request that must be accepted."""
        answer = await self.ask(address)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["challenge"])

    async def enter(self, challenge: str, code: str, transport: str = "cookie") -> httpx2.Response:
        """Try a code. Raises httpx2.TransportError if the replica is gone."""
        return await self._post(f"/otp/{challenge}/verify", {"code": code, "transport": transport})

    async def sign_in(self, address: str, sink: MailSink, transport: str = "cookie") -> httpx2.Response:
        """From the address to the session."""
        count = len(sink.to(address)) + 1
        challenge = await self.asked(address)
        answer = await self.enter(challenge, await sink.code_for(address, count), transport)
        assert answer.status_code == 200, answer.text
        return answer

    async def close(self) -> None:
        await self.http.aclose()

    async def _post(self, path: str, body: dict[str, str]) -> httpx2.Response:
        # A busy machine may not do it in time; a person would try again as well.
        for _ in range(TRIES):
            answer = await self.http.post(self._rng.choice(self.urls) + path, json=body)
            if answer.status_code != 503:
                break
            await asyncio.sleep(answer.json()["retry_after_ms"] / 1000)
        return answer


def wrong_codes(right: str, count: int) -> list[str]:
    """So many codes, none of them right."""
    return [f"{(int(right) + step) % 1_000_000:06d}" for step in range(1, count + 1)]


async def query(statement: str, **values: Any) -> list[Any]:
    """The rows that a statement finds, past the proxies."""
    async with _database() as database, database.read() as connection:
        return list((await connection.execute(text(statement), values)).all())


async def change(statement: str, **values: Any) -> int:
    """Change rows, past the proxies; how many it were."""
    async with _database() as database, database.write() as connection:
        return int((await connection.execute(text(statement), values)).rowcount)


async def states(challenges: Sequence[str]) -> dict[str, str]:
    """How each of these requests stands."""
    wanted = select(otp_requests.c.id, otp_requests.c.state).where(otp_requests.c.id.in_(challenges))
    async with _database() as database, database.read() as connection:
        return {row.id: row.state for row in (await connection.execute(wanted)).all()}


@asynccontextmanager
async def _database() -> AsyncIterator[Database]:
    database = open_database(mysql.server().url(engines.DATABASE))
    database.limit_s = 60
    try:
        yield database
    finally:
        await database.close()


def _network(number: int) -> str:
    """A client's address of its own in 10/8."""
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


async def ended(challenges: Sequence[str], within_s: float) -> dict[str, str]:
    """How these requests have ended, once all have."""
    async with asyncio.timeout(within_s):
        while UNFINISHED & set((found := await states(challenges)).values()):
            await asyncio.sleep(0.5)
    return found
