"""What a delivery costs in many small conversations over two replicas, beside FastAPI and redis-py in the same run; and
how long an acknowledgement takes over all four engines.

Who talks is connected to the first replica, everybody to the second. Parley's first replica checks who may talk, limits
and stores before it publishes; the naive one only publishes. So the second replicas are what compares like with like,
and the whole is told as well. For the costs the log is a SQLite file that both replicas open: a Cassandra on the same
two cores would be what is measured.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from bench.engines.stack import CHAT, Load, Stack, child, load, redis_pid
from bench.report import Report, spread
from support import valkey
from support.fleet import Replica

CONVERSATIONS = 200
_ROUNDS = 7
_SLICE_S, _FIRST_S = 2.0, 3.0
_WINDOW = 8
_RATES, _RATE_S = (5, 20), 10

Pids = Mapping[str, int]


class Slice(NamedTuple):
    """Microseconds of CPU per delivery: of the replica that is written to, the one that delivers, and Redis."""

    first: float
    second: float
    redis: float

    @property
    def total(self) -> float:
        return sum(self)


def measure(report: Report, stack: Stack, cores: Sequence[int]) -> None:
    """The replicas share the first core, the generator has the last."""
    report.title(f"{CONVERSATIONS} conversations of 5, two replicas: CPU per delivery, {_ROUNDS} rounds, W={_WINDOW}")
    with _sharing(cores[0]), _parley(stack, _on_sqlite(stack), cores[-1]) as ours, _naive(stack, cores[-1]) as naive:
        for it in (ours, naive):
            report.count(it.order("flood", window=_WINDOW, seconds=_FIRST_S))
        rounds = [(_slice(report, ours), _slice(report, naive)) for _ in range(_ROUNDS)]
    _tell(report, "Parley", [it for it, _ in rounds])
    _tell(report, "naive", [it for _, it in rounds])
    report.line("naive ÷ Parley, second replica", spread([b.second / a.second for a, b in rounds], "×"))
    report.line("naive ÷ Parley, all, though one stores", spread([b.total / a.total for a, b in rounds], "×"))


def measure_acks(report: Report, stack: Stack, cores: Sequence[int]) -> None:
    """Every process on whichever core is free, as the engines are."""
    with _parley(stack, stack.of(CHAT), cores[-1]) as load:
        for rate in _RATES:
            paced = load.order("pace", rate=rate, seconds=_RATE_S)
            report.count(paced)
            report.title(f"{rate} messages/s over all four engines on this machine, from sending")
            for name, words in (
                ("ack", "acknowledged, that is stored"),
                ("delivery", "delivered by the other replica"),
            ):
                report.line(words, f"p50 {paced[name]['p50_ms']:.1f} ms, p99 {paced[name]['p99_ms']:.1f} ms")
            cpu_ms = sum(paced["cpu_s"].values()) * 1000 / max(1, paced["messages"])
            report.line("CPU of both replicas and Redis", f"{cpu_ms:.1f} ms a message")


def _on_sqlite(stack: Stack) -> Sequence[Replica]:
    log = f"sqlite:///{stack.fleet.folder / 'messages.db'}"
    made = stack.fleet.add(CHAT, 2, MESSAGE_LOG_URL=log)
    stack.fleet.start()
    return made


@contextmanager
def _sharing(core: int) -> Iterator[None]:
    """What is started meanwhile has this core alone."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def _tell(report: Report, name: str, slices: Sequence[Slice]) -> None:
    report.line(f"{name}: all", spread([it.total for it in slices], "µs", 1))
    for part in ("first", "second", "redis"):
        words = "Redis" if part == "redis" else f"{part} replica"
        report.line(f"  {words}", spread([getattr(it, part) for it in slices], "µs", 1))


def _slice(report: Report, measured: Load) -> Slice:
    result = measured.order("flood", window=_WINDOW, seconds=_SLICE_S)
    report.count(result)
    per_delivery = 1e6 / max(1, result["deliveries"])
    return Slice(*(result["cpu_s"][name] * per_delivery for name in Slice._fields))


@contextmanager
def _parley(stack: Stack, replicas: Sequence[Replica], core: int) -> Iterator[Load]:
    first, second = replicas[:2]
    pids = {"first": first.pid, "second": second.pid, "redis": redis_pid()}
    setup = _setup(stack, [first.port, second.port], pids, core)
    with load({**setup, "tokens": stack.accounts.tokens, "users": stack.accounts.users}) as made:
        yield made


@contextmanager
def _naive(stack: Stack, core: int) -> Iterator[Load]:
    name = "bench.engines.naive"
    with child(name, REDIS_URL=valkey.url()) as first, child(name, REDIS_URL=valkey.url()) as second:
        assert first.stdout is not None
        assert second.stdout is not None
        ports = [int(first.stdout.readline()), int(second.stdout.readline())]
        pids = {"first": first.pid, "second": second.pid, "redis": redis_pid()}
        with load({**_setup(stack, ports, pids, core), "tokens": [], "users": []}) as made:
            yield made


def _setup(stack: Stack, ports: Sequence[int], pids: Pids, core: int) -> Mapping[str, Any]:
    return {"convs": stack.convs, "ports": ports, "pids": pids, "core": core}
