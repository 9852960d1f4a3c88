"""Idle sockets: what one more member who says nothing costs in memory; and how long a message takes when few talk.

The first fifty sockets pay for what is loaded on first use, and talk for a while; the rest then show a socket alone.
"""

import time
from pathlib import Path

from bench import procfs
from bench.accounts import Accounts
from bench.report import Report, at_most
from bench.servers import Load, loaded_peer, loaded_product

_FIRST, _MORE = 50, 2000
_SETTLE_S = 1.0
_GOAL_KIB = 40.0
_RATE, _RATE_S = 50, 4


def measure(report: Report, folder: Path, accounts: Accounts, core: int) -> None:
    report.title(f"{_MORE} idle sockets: resident memory, each")
    with loaded_product(folder, accounts, core) as parley:
        parley.order("grow", count=_FIRST)
        paced = parley.order("pace", rate=_RATE, seconds=_RATE_S)
        report.count(paced)
        ours, accept_us = _more(parley)
    with loaded_peer("bench.naive", core) as naive:
        naive.order("grow", count=_FIRST)
        report.count(naive.order("pace", rate=_RATE, seconds=_RATE_S))
        theirs, naive_accept_us = _more(naive)
    report.line("Parley, signed in, greeted, present", f"{ours:.1f} KiB", at_most(ours, _GOAL_KIB, "KiB"))
    report.line("naive, accepted", f"{theirs:.1f} KiB")
    report.line("Parley ÷ naive", f"{ours / theirs:.2f} ×")
    report.line("CPU per connection, Parley / naive", f"{accept_us:.0f} / {naive_accept_us:.0f} µs")
    report.title(f"{_RATE} messages/s to {_FIRST} sockets, send to delivery, for information")
    report.line("Parley", f"p50 {paced['p50_ms']:.2f} ms, p99 {paced['p99_ms']:.2f} ms")


def _more(load: Load) -> tuple[float, float]:
    """KiB and microseconds of CPU per further socket."""
    time.sleep(_SETTLE_S)
    before = procfs.resident_kib(load.pid)
    grown = load.order("grow", count=_MORE)
    time.sleep(_SETTLE_S)
    return (procfs.resident_kib(load.pid) - before) / _MORE, grown["cpu_s"] / _MORE * 1e6
