"""Members, their conversations and their clients over one fleet: set up, made to talk, waited for, judged.

Next: `nemesis.py`, which breaks what they talk over.
"""

import asyncio
import random
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2
from support.chat_client import ChatClient, Member, Places
from support.ledger import Anomaly, Ledger, compare
from support.signing_in import SignInSteps

from parley.identity.model import new_id
from parley.sql.database import open_database

SETTLED_WITHIN_S = 120.0
"""The replicas look for what they have missed every 25 s; several times that, on a machine that is busy."""

_AT_A_TIME = 4


async def sign_in_members(database_url: str, names: Sequence[str]) -> list[Member]:
    """Somebody new for each name, signed in without a mail."""
    database = open_database(database_url)
    # Nobody waits for these, and the machine may be busy.
    database.limit_s = SETTLED_WITHIN_S
    some = asyncio.Semaphore(_AT_A_TIME)

    async def one(name: str) -> Member:
        async with some:
            marks = {"browser": new_id(), "network": new_id()}
            token, _, account = await SignInSteps.on(database).sign_in(f"{name}-{new_id()}@example.org", **marks)
            return Member(name, account, token)

    try:
        return await asyncio.gather(*(one(name) for name in names))
    finally:
        await database.close()


@dataclass
class Crowd:
    """The clients of some conversations; `members_of` says who is in which."""

    clients: Sequence[ChatClient]
    convs: Sequence[str]
    ledger: Ledger
    rng: random.Random
    patience_s: float = SETTLED_WITHIN_S
    _saying: list[asyncio.Task[int]] = field(default_factory=list)

    async def talk(self, seconds: float, per_second: float) -> None:
        """Everybody together presses send so often, at random, whether or not earlier messages are through."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            client = self.rng.choice(self.clients)
            conv = self.rng.choice(list(client.screens))
            self._saying.append(asyncio.create_task(client.say(conv)))
            await asyncio.sleep(self.rng.expovariate(per_second))

    async def say_at_once(self, count: int) -> None:
        """Each client says so many messages in each of its conversations, all of them at the same time."""
        self._saying += [
            asyncio.create_task(client.say(conv))
            for _ in range(count)
            for client in self.clients
            for conv in client.screens
        ]
        await self.all_said()

    async def all_said(self) -> None:
        """Return when everything has been acknowledged."""
        async with asyncio.timeout(self.patience_s):
            await asyncio.gather(*self._saying)
        self._saying.clear()

    async def all_live(self) -> None:
        """Return when everybody is connected and up to date."""
        async with asyncio.timeout(self.patience_s):
            await asyncio.gather(*(client.live.wait() for client in self.clients))

    async def settle(self) -> None:
        """Return when every screen shows everything that is stored, or when that has had time enough."""
        await self.all_said()
        until = time.monotonic() + self.patience_s
        while time.monotonic() < until and not await self._is_settled():
            await asyncio.sleep(0.2)

    async def anomalies(self) -> list[Anomaly]:
        """What is wrong, after everything has settled."""
        await self.settle()
        history = {conv: await self._member_of(conv).history(conv) for conv in self.convs}
        screens = {
            client.name: {conv: screen.entries for conv, screen in client.screens.items()} for client in self.clients
        }
        return compare(self.ledger, history, screens)

    def figures(self) -> str:
        """What the run was like, in one line."""
        ledger = self.ledger
        text = f"{len(ledger.acked)} acknowledged by {len(self.clients)} clients, {ledger.retries} retries"
        text += f", {len(ledger.faults)} faults, ack {quantiles(ledger.ack_s)}"
        text += f", refused {quantiles(ledger.refused_s)}" if ledger.refused_s else ""
        return text + (f", away {quantiles(ledger.away_s)}" if ledger.away_s else "")

    def _member_of(self, conv: str) -> ChatClient:
        return next(client for client in self.clients if conv in client.screens)

    async def _is_settled(self) -> bool:
        try:
            heads = {conv: await self._member_of(conv).head(conv) for conv in self.convs}
        except httpx2.HTTPError:
            return False
        screens = [item for client in self.clients for item in client.screens.items()]
        return all(screen.seq == heads[conv] for conv, screen in screens)


@asynccontextmanager
async def crowd(
    database_url: str, places: Places | Sequence[Places], rng: random.Random, sizes: Sequence[int]
) -> AsyncIterator[Crowd]:
    """A group for each size, each with people of its own, all connected. Several `places` are dealt out in turn."""
    members = await sign_in_members(database_url, [f"m{number}" for number in range(sum(sizes))])
    async with gathered(members, places, rng, sizes) as made:
        yield made


@asynccontextmanager
async def gathered(
    members: Sequence[Member], places: Places | Sequence[Places], rng: random.Random, sizes: Sequence[int]
) -> AsyncIterator[Crowd]:
    """As `crowd`, of people who have signed in."""
    ways = [places] if isinstance(places, Places) else places
    ledger, clients, convs, tasks = Ledger(), [], [], []
    rest = iter(members)
    for size in sizes:
        group = [next(rest) for _ in range(size)]
        convs.append(await make_group(ways[0], group))
        for member in group:
            clients.append(ChatClient(member, ways[len(clients) % len(ways)], ledger, _child(rng), convs[-1:]))
    try:
        tasks = [asyncio.create_task(client.run()) for client in clients]
        made = Crowd(clients, convs, ledger, rng)
        await made.all_live()
        yield made
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    failed = [it for it in ended if isinstance(it, Exception)]
    if failed:
        raise ExceptionGroup("clients have failed", failed)


async def make_group(places: Places, group: Sequence[Member]) -> str:
    """A new conversation of these; its id."""
    owner, *others = group
    headers = {"authorization": f"Bearer {owner.token}"}
    body = {"kind": "group", "members": [it.id for it in others], "title": "A group"}
    async with httpx2.AsyncClient(headers=headers, timeout=20) as http:
        answer = await http.post(f"{places.messages[0]}/api/conversations", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["conv"])


def _child(rng: random.Random) -> random.Random:
    return random.Random(rng.getrandbits(64))


def quantiles(seconds: Sequence[float]) -> str:
    """How long something took, in words."""
    if len(seconds) < 2:
        return f"{max(seconds, default=0.0):.2f} s"
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return f"p50 {cuts[49]:.2f} s, p99 {cuts[98]:.2f} s, max {max(seconds):.2f} s"
