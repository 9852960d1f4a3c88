"""Fan-out: what one delivery to one of a thousand open sockets costs the server, beside the naive loop and bare sends.

All servers hold their thousand sockets all the time, share one core and take turns, A B C A B C …, so that whatever
else the machine does meets them alike. What is compared is the ratio of neighbouring slices; its median is the result.
"""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.accounts import Accounts
from bench.report import Report, at_most, spread
from bench.servers import Load, loaded_peer, loaded_product

SOCKETS = 1000
_ROUNDS = 7
_SLICE_S, _WARM_UP_S = 1.2, 0.3
_FIRST_S = 2.0
_GOAL_US = 8.0
_WINDOWS = {1: "one message on its way (W=1)", 16: "sixteen messages on their way (W=16)"}


class Slice(NamedTuple):
    """Microseconds of CPU per delivery, of all threads and of the main one; how fast it went, and who waited."""

    total_us: float
    main_us: float
    messages_s: float
    waited: float


def measure(report: Report, folder: Path, accounts: Accounts, core: int) -> None:
    report.title(f"Fan-out to {SOCKETS} sockets, 200-byte messages: server CPU per delivery, {_ROUNDS} rounds")
    with (
        loaded_product(folder, accounts, core) as parley,
        loaded_peer("bench.naive", core) as naive,
        loaded_peer("bench.bare", core) as bare,
    ):
        loads = {"Parley": parley, "naive loop": naive, "bare sends": bare}
        for load in loads.values():
            load.order("grow", count=SOCKETS)
            report.count(load.order("flood", window=16, seconds=_FIRST_S, warm_up=0))
        for window, words in _WINDOWS.items():
            print(f"  {words}")
            _compare(report, loads, window)


def _compare(report: Report, loads: Mapping[str, Load], window: int) -> None:
    rounds = [[_slice(report, load, window) for load in loads.values()] for _ in range(_ROUNDS)]
    for name, slices in zip(loads, zip(*rounds, strict=True), strict=True):
        _tell(report, name, slices)
    ours, naive, bare = ([it.total_us for it in slices] for slices in zip(*rounds, strict=True))
    report.line("  naive loop ÷ Parley, per round", spread(_ratios(naive, ours), "×"))
    report.line("  Parley ÷ bare sends, per round", spread(_ratios(ours, bare), "×"))


def _tell(report: Report, name: str, slices: Sequence[Slice]) -> None:
    figures = [it.total_us for it in slices]
    verdict = at_most(statistics.median(figures), _GOAL_US, "µs") if name == "Parley" else ""
    report.line(f"  {name}, all threads", spread(figures, "µs"), verdict)
    if name == "Parley":
        report.line(f"  {name}, main thread alone", spread([it.main_us for it in slices], "µs"))
    rate = statistics.median(it.messages_s for it in slices)
    waited = statistics.median(it.waited for it in slices)
    report.line("", f"{rate:.0f} messages/s, generator waits {waited:.0%} of the time")


def _ratios(above: Sequence[float], below: Sequence[float]) -> Sequence[float]:
    return [a / b for a, b in zip(above, below, strict=True)]


def _slice(report: Report, load: Load, window: int) -> Slice:
    result = load.order("flood", window=window, seconds=_SLICE_S, warm_up=_WARM_UP_S)
    report.count(result)
    per_delivery = 1e6 / max(1, result["deliveries"])
    return Slice(
        result["cpu_s"] * per_delivery,
        result["main_cpu_s"] * per_delivery,
        result["messages"] / result["seconds"],
        result["waited"],
    )
