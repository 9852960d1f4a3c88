"""Rotations over a real coturn: the agents, rtc-service's own ring and credentials, the operator's rules, no cluster.

A clock that runs faster lets a credential last for a fraction of a second, so that a hundred of them fit into a minute.
"""

import asyncio
import itertools
import random
import signal
import sys
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from support.coturn import unpack_program
from support.ring_cluster import Cluster
from support.turn_client import OK, turn_client

from parley.turn.binding import answers
from parley.turn.child import free_port
from parley.turn.coturn import TurnServer, configuration
from parley.turn.credentials import mint
from parley.turn.ring import FileRing
from parley_operator.agent import userdb
from parley_operator.agent.canary import Answer, ask
from parley_operator.agent.minter import Minter
from parley_operator.agent.relay import Relay
from parley_operator.ring.model import Phase, Spec

pytestmark = pytest.mark.engine

REALM = "parley"
SOURCES = str(Path(userdb.__file__).parents[2])
HOST = "127.0.0.1"
ELSEWHERE = itertools.cycle(f"127.0.0.{number}" for number in range(2, 250))
"""Where clients are. coturn remembers for a while whom it has refused or let go, and says 437 to the next one there."""
FAST = 75
"""Seconds of the operator's clock in one of ours."""
TTL_S = 10
SPEC = Spec(uid="u", ttl_s=TTL_S, clock_skew_s=0, triggers=("0",))
ROTATIONS = 100
UNAUTHORIZED = 401


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The image's turnserver, on this machine."""
    return unpack_program(tmp_path_factory.mktemp("coturn")) / "turnserver"


@asynccontextmanager
async def coturn(program: Path, folder: Path, database: Path):
    """A coturn with a database of secrets and no secret of its own; yields where it answers."""
    port = free_port()
    server = TurnServer(
        listening=[HOST],
        port=port,
        relays=[HOST],
        allowed=[HOST],
        is_loopback=True,
        relay_ports=(52000, 60000),
        total_quota=4000,
        database=str(database),
        pid_file=str(folder / "pid"),
    )
    (folder / "conf").write_text(configuration(server))
    process = await asyncio.create_subprocess_exec(
        program, "-c", folder / "conf", stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(20):
            await answers(HOST, port)
        yield HOST, port
    finally:
        process.kill()
        await process.wait()


class Load:
    """Allocations without an end, each with a credential that is still good when the answer comes."""

    def __init__(self, server, mint_one) -> None:
        self._server, self._mint = server, mint_one
        self.succeeded, self.failed, self.expired = 0, [], 0

    async def run(self) -> None:
        while True:
            credential, ends = self._mint()
            # Somebody who was given a credential uses it at once, or at any time while it holds.
            holds_s = min(TTL_S / FAST, ends - time.monotonic())
            await asyncio.sleep(random.choice([0, random.uniform(0, holds_s)]))
            async with turn_client(self._server, credential, next(ELSEWHERE)) as client:
                code = await client.allocate()
            if code == OK:
                self.succeeded += 1
            elif time.monotonic() > ends:
                self.expired += 1
            else:
                self.failed.append(code)


@asynccontextmanager
async def under_load(server, mint_one, clients: int = 3):
    load = Load(server, mint_one)
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(load.run()) for _ in range(clients)]
        yield load
        for it in running:
            it.cancel()


@asynccontextmanager
async def rotating(program: Path, folder: Path):
    """A cluster of one relay and one minter at work, where the relay answers, and the minter's own ring."""
    cluster = Cluster(SPEC, lambda: int(time.monotonic() * FAST))
    database, file = folder / "turndb", folder / "ring.json"
    userdb.create(database)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(coturn(program, folder, database))
        await stack.enter_async_context(cluster.agent("turn", Relay(database, REALM, server)))
        minter = await stack.enter_async_context(cluster.agent("rtc", Minter(file)))
        await minter.started.wait()
        await cluster.until(lambda: cluster.ring.current.kid in cluster.leases["turn"].accepts)
        await stack.enter_async_context(cluster.operated())
        yield cluster, server, FileRing(file)


async def answered(server, secret: str) -> Answer:
    """What the relay says of a secret; silence says nothing."""
    async with asyncio.timeout(30):
        while (answer := await ask(server, secret)) is Answer.SILENT:
            pass
    return answer


async def test_a_hundred_rotations_refuse_nobody(program, tmp_path):
    """In 100 rotations back to back no unexpired credential is refused, and no retired one is accepted."""
    async with rotating(program, tmp_path) as (cluster, server, ring):

        def mint_one():
            ends = time.monotonic() + TTL_S / FAST
            return mint(ring.ring().secrets, f"{random.random()}", time.time(), 60), ends

        async with under_load(server, mint_one) as load:
            for number in range(1, ROTATIONS + 1):
                old = cluster.ring.current
                cluster.want(replace(SPEC, triggers=(str(number),)))
                await cluster.until(lambda it=old: cluster.ring.phase is Phase.IDLE and cluster.ring.current != it)
                assert await answered(server, old.secret) is Answer.REFUSED
    print(f"{load.succeeded} allocations; {load.expired} with a credential that ended meanwhile were refused")
    assert load.failed == []
    assert load.succeeded > ROTATIONS


WRITER = """
import pathlib, sys
from parley_operator.agent import userdb
file = pathlib.Path(sys.argv[1])
for number in range(10**9):
    userdb.write(file, "parley", ["stays", f"comes{number}"])
    print(flush=True)
"""


async def test_an_agent_that_is_killed_while_it_writes_refuses_nobody(program, tmp_path):
    """However often the agent is killed in a transaction, a secret that stays in the ring is accepted."""
    database = tmp_path / "turndb"
    userdb.create(database)
    userdb.write(database, REALM, ["stays"])

    def mint_one():
        return mint(["stays"], f"{random.random()}", time.time(), 600), time.monotonic() + 600

    async with coturn(program, tmp_path, database) as server, under_load(server, mint_one) as load:
        for _ in range(25):
            writer = await asyncio.create_subprocess_exec(
                sys.executable, "-c", WRITER, database, stdout=asyncio.subprocess.PIPE, env={"PYTHONPATH": SOURCES}
            )
            for _ in range(random.randint(1, 60)):
                assert await writer.stdout.readline()
            writer.send_signal(signal.SIGKILL)
            await writer.communicate()
        had = load.succeeded
        userdb.write(database, REALM, ["stays", "new"])
        assert await answered(server, "new") is Answer.ACCEPTED
        assert await answered(server, "comes1") is Answer.REFUSED
    print(f"{had} allocations in 25 kills")
    assert load.failed == []
    assert had > 25
