"""Faults, drawn from a seed: processes killed and frozen, servers killed, emptied and paused, ways cut and slowed.

Each fault ends before the next begins; `ledger.py` is told of those that hit somebody.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from support import engines
from support.engines import Server
from support.fault_proxy import BOTH_WAYS, TO_CLIENT, TO_SERVER
from support.fleet import CHAT, MESSAGES, Fleet, Replica
from support.ledger import Ledger

Fault = Callable[[random.Random], Awaitable[object]]
"""False when it hit nobody."""


async def kill(replica: Replica, away_s: float) -> None:
    """K: a crash, and a restart a while later."""
    replica.kill()
    await asyncio.sleep(away_s)
    await asyncio.to_thread(replica.restart)


async def freeze(replica: Replica, seconds: float) -> None:
    """P: a process that does not get to run."""
    replica.freeze()
    try:
        await asyncio.sleep(seconds)
    finally:
        replica.thaw()


async def pause(server: Server, seconds: float) -> None:
    """P: a server that does not get to run."""
    async with server.paused():
        await asyncio.sleep(seconds)


async def replace(server: Server, away_s: float) -> None:
    """K: a server that comes back empty, if it keeps nothing on disk."""
    await asyncio.to_thread(server.kill)
    try:
        await asyncio.sleep(away_s)
    finally:
        await asyncio.to_thread(server.start)


@asynccontextmanager
async def healed(server: Server) -> AsyncIterator[None]:
    """The way to a server is open again afterwards."""
    try:
        yield
    finally:
        server.way.heal()


async def disturb(server: Server, rng: random.Random, seconds: float) -> bool:
    """X: one of what a network does; whether anybody was hit."""
    before = server.way.hits
    async with healed(server):
        match rng.choice(("latency", "reset", "refuse", "hole", "half a hole", "slow close")):
            case "latency":
                server.way.slow_down(rng.uniform(0.05, 0.3))
            case "reset":
                server.way.reset()
            case "refuse":
                server.way.refuse()
            case "hole":
                server.way.swallow(BOTH_WAYS)
            case "half a hole":
                server.way.swallow([rng.choice((TO_SERVER, TO_CLIENT))])
            case "slow close":
                server.way.close_slowly(seconds)
                server.way.reset()
        await asyncio.sleep(seconds)
        return server.way.hits > before


def faults_of_chat(fleet: Fleet) -> Mapping[str, Fault]:
    """Everything that can happen under a conversation."""
    redis, database, log = engines.redis(), engines.database(), engines.log()
    return {
        "K chat-service": lambda rng: kill(rng.choice(fleet.of(CHAT)), rng.uniform(0, 2)),
        "P chat-service": lambda rng: freeze(rng.choice(fleet.of(CHAT)), rng.uniform(1, 6)),
        "K message-service": lambda rng: kill(rng.choice(fleet.of(MESSAGES)), rng.uniform(0, 2)),
        "P message-service": lambda rng: freeze(rng.choice(fleet.of(MESSAGES)), rng.uniform(1, 4)),
        "K redis": lambda rng: replace(redis, rng.uniform(0, 3)),
        "P redis": lambda rng: pause(redis, rng.uniform(1, 5)),
        "emptied redis": lambda _: asyncio.to_thread(redis.run, "valkey-cli", "FLUSHALL"),
        "X redis": lambda rng: disturb(redis, rng, rng.uniform(1, 5)),
        "P mysql": lambda rng: pause(database, rng.uniform(1, 4)),
        "X mysql": lambda rng: disturb(database, rng, rng.uniform(1, 5)),
        "P cassandra": lambda rng: pause(log, rng.uniform(1, 5)),
        "X cassandra": lambda rng: disturb(log, rng, rng.uniform(1, 5)),
    }


async def rage(faults: Mapping[str, Fault], ledger: Ledger, rng: random.Random, count: int, calm_s: float) -> None:
    """So many faults one after another, none of them twice before each was there once, with a little calm between."""
    names: list[str] = []
    for _ in range(count):
        names = names or rng.sample(sorted(faults), len(faults))
        name = names.pop()
        if await faults[name](rng) is not False:
            ledger.faults.append(name)
        await asyncio.sleep(rng.uniform(0, calm_s))
