"""Call signalling: what a request costs beside a plain FastAPI service, and what requests that wait cost.

Both servers share one core and take turns; one candidate is posted for every three polls. Both keep sessions in memory
and, where there is a container engine, both on one Valkey server: then rtc-service runs alone, as in a cluster.
Next: `signaling_client.py`, who asks; `naive_signaling.py`, the other server.
"""

import asyncio
import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import procfs
from bench.accounts import Accounts
from bench.report import Report, at_most, spread
from bench.servers import product
from bench.signaling_client import Connection, Edge
from support import valkey
from support.fleet import Fleet, Replica

_EDGES, _CONNECTIONS, _ROUNDS, _SLICE_S = 100, 16, 5, 1.0
_HELD, _IDLE_S, _RELEASES = 1_000, 5.0, 100
_BATCH_MS = 50
_QUIET, _SETTLE_S = 0.05, 0.1
_GOAL_CORE, _GOAL_RELEASE_MS = 2.0, 20.0


class Server:
    """One of the two, and the sessions there."""

    def __init__(self, port: int, pid: int) -> None:
        self.port, self.pid = port, pid
        self.edges: list[Edge] = []

    async def fill(self, accounts: Accounts) -> None:
        connection = await Connection(self.port).open()
        for number in range(_EDGES):
            tokens = (accounts.tokens[number], accounts.tokens[number + 1])
            emails = (f"person{number}@example.org", f"person{number + 1}@example.org")
            self.edges.append(await Edge.made(connection, tokens, emails))
        connection.close()

    async def mix(self, *, with_tag: bool) -> tuple[float, int]:
        """A slice of one candidate to three polls: microseconds of CPU per request, and answers that were none."""
        until, edges, bad, count = time.monotonic() + _SLICE_S, itertools.cycle(self.edges), 0, 0

        async def client(connection: Connection) -> None:
            nonlocal bad, count
            while time.monotonic() < until:
                edge = next(edges)
                statuses = [await edge.trickle(connection)]
                statuses += [await edge.poll(connection, with_tag=with_tag) for _ in range(3)]
                bad += sum(status not in (200, 304) for status in statuses)
                count += len(statuses)

        connections = [await Connection(self.port).open() for _ in range(_CONNECTIONS)]
        before = procfs.run_time(self.pid)
        await asyncio.gather(*map(client, connections))
        used = procfs.run_time(self.pid).since(before).total
        for connection in connections:
            connection.close()
        return used / count * 1e6, bad

    async def lost(self) -> int:
        connection = await Connection(self.port).open()
        lost = sum([await edge.lost(connection) for edge in self.edges])
        connection.close()
        return lost


def measure(report: Report, folder: Path, accounts: Accounts, core: int) -> None:
    title = f"Call signalling, 1 candidate to 3 polls over {_CONNECTIONS} connections, {_ROUNDS} rounds"
    report.title(f"{title}, the one process, sessions in memory")
    with product(folder) as parley, _naive(accounts) as naive:
        servers = Server(int(parley.url.rpartition(":")[2]), parley.pid), Server(*naive)
        _on_core(core, lambda: _compare(report, servers, accounts))
        _on_core(core, lambda: _hold(report, servers[0], accounts))
    report.title(f"{title}, rtc-service alone, sessions on {valkey.IMAGE}")
    if not _has_engine():
        print("  left out: there is no container engine")
        return
    with _alone(folder, valkey.url()) as alone, _naive(accounts, REDIS_URL=valkey.url()) as naive:
        servers = Server(alone.port, alone.pid), Server(*naive)
        _on_core(core, lambda: _compare(report, servers, accounts))


async def _compare(report: Report, servers: tuple[Server, Server], accounts: Accounts) -> None:
    for server in servers:
        await server.fill(accounts)
        await server.mix(with_tag=False)
    for with_tag, words in (
        (False, "polls for the whole session"),
        (True, "polls with the entity tag where there is one"),
    ):
        rounds = [[await server.mix(with_tag=with_tag) for server in servers] for _ in range(_ROUNDS)]
        print(f"  {words}")
        for name, slices in zip(("Parley", "plain FastAPI"), zip(*rounds, strict=True), strict=True):
            costs = [cost for cost, _ in slices]
            report.line(f"  {name}", spread(costs, "µs", 0), f"{1e6 / statistics.median(costs):.0f} requests/CPU-s")
        report.line("  plain ÷ Parley, per round", spread([theirs[0] / ours[0] for ours, theirs in rounds], "×"))
        report.count({"lost": 0, "bad": sum(bad for one in rounds for _, bad in one), "deliveries": 0})
    lost = [await server.lost() for server in servers]
    written = sum(len(edge.written) for server in servers for edge in server.edges)
    report.count({"lost": sum(lost), "bad": 0, "deliveries": written})


async def _hold(report: Report, server: Server, accounts: Accounts) -> None:
    report.title(f"Requests that wait: {_HELD} at once, and how soon one is answered after a change")
    writer = await Connection(server.port).open()
    # Two of each side, which is what one person may have waiting for a session.
    edges = [
        await Edge.made(writer, (accounts.tokens[it], accounts.tokens[it + 1]), (_email(it), _email(it + 1)))
        for it in range(_HELD // 4)
    ]
    writer.close()
    await _tell_idle(report, server, edges)
    writer = await Connection(server.port).open()
    tooks = [took for edge in edges[:_RELEASES] for took in await _release(server, edge, writer)]
    hundredths = statistics.quantiles(tooks, n=100)
    report.line(
        f"answered after a change, beyond {_BATCH_MS} ms",
        f"p50 {hundredths[49]:.1f} ms, p99 {hundredths[98]:.1f} ms",
        at_most(hundredths[98], _GOAL_RELEASE_MS, "ms"),
    )
    writer.close()


async def _tell_idle(report: Report, server: Server, edges: list[Edge]) -> None:
    holding = [asyncio.create_task(_wait(server.port, edge, side)) for edge in edges for side in (0, 1, 0, 1)]
    while await _busy_share(server, 0.5) > _QUIET:
        pass
    used = await _busy_share(server, _IDLE_S) * 100
    held = sum(not task.done() for task in holding)
    report.line(f"CPU while {held} wait", f"{used:.2f} % of a core", at_most(used, _GOAL_CORE, "% of a core"))
    for task in holding:
        task.cancel()
    await asyncio.wait(holding)
    while await _busy_share(server, 0.5) > _QUIET:
        pass


async def _busy_share(server: Server, seconds: float) -> float:
    """Which share of a core the server has used in the next so many seconds."""
    before, began = procfs.run_time(server.pid), time.perf_counter()
    await asyncio.sleep(seconds)
    return procfs.run_time(server.pid).since(before).total / (time.perf_counter() - began)


async def _release(server: Server, edge: Edge, writer: Connection) -> list[float]:
    """Milliseconds beyond the pause until each side has what was written while it waited."""
    holding = [asyncio.create_task(_wait(server.port, edge, side)) for side in (0, 1)]
    await asyncio.sleep(_SETTLE_S)
    written = time.perf_counter()
    await edge.describe(writer, 0, "offer", "a=x\r\n")
    return [(await task - written) * 1000 - _BATCH_MS for task in holding]


async def _wait(port: int, edge: Edge, side: int) -> float:
    """One request that waits; when it was answered."""
    connection = await Connection(port).open()
    try:
        await connection.call("GET", f"{edge.path}?wait=25", edge.tokens[side], headers='if-none-match: W/"3"\r\n')
        return time.perf_counter()
    finally:
        connection.close()


def _email(number: int) -> str:
    return f"person{number}@example.org"


def _on_core(core: int, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Ask from another core than the servers', which this process has shared so far."""
    shared = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        asyncio.run(work())
    finally:
        os.sched_setaffinity(0, shared)


def _has_engine() -> bool:
    docker = shutil.which("docker")
    return docker is not None and subprocess.run([docker, "info"], capture_output=True).returncode == 0


@contextmanager
def _alone(folder: Path, redis_url: str) -> Iterator[Replica]:
    """rtc-service by itself over the accounts of a data folder."""
    database = f"sqlite+aiosqlite:///{folder / 'parley.db'}"
    fleet = Fleet(folder, {"DATABASE_URL": database, "REDIS_URL": redis_url, "TURN_SHARED_SECRET": "of-the-bench"})
    (replica,) = fleet.add("rtc-service")
    try:
        fleet.start()
        yield replica
    finally:
        fleet.end()


@contextmanager
def _naive(accounts: Accounts, **environment: str) -> Iterator[tuple[int, int]]:
    """The port and the process id of the plain server."""
    command = [sys.executable, "-m", "bench.naive_signaling"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | environment
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        people = {token: _email(number) for number, token in enumerate(accounts.tokens)}
        process.stdin.write(json.dumps(people) + "\n")
        process.stdin.flush()
        yield int(process.stdout.readline()), process.pid
    finally:
        process.terminate()
        process.communicate()
