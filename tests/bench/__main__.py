"""`make bench`: start-up, memory, fan-out and signalling of the product, beside a naive server in the same run.

Prints figures and goals; a missed goal is not an error, because machines differ. Exits with 1 if a delivery was lost or
malformed, whatever it cost. Connects to this machine only. Next: `fanout.py`, `idle.py`, `signaling.py`.
"""

import os
import platform
import resource
import signal
import sys
import tempfile
from pathlib import Path

from bench import accounts, fanout, idle, signaling, startup
from bench.report import Report

_SOCKETS_NEEDED = 4096
_AT_MOST_S = 480


def main() -> int:
    _bound()
    cores = sorted(os.sched_getaffinity(0))
    print(f"Parley's bench: {len(cores)} cores, Python {platform.python_version()}")
    print(f"servers on core {cores[0]}, generator on core {cores[-1]}; starts use every core")
    report = Report()
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as name:
        _measure(report, Path(name), cores)
    return report.conclude()


def _measure(report: Report, folder: Path, cores: list[int]) -> None:
    people = accounts.seed(folder / "data")
    startup.measure(report, folder / "data")
    # Children inherit it; the generator then moves to a core of its own.
    os.sched_setaffinity(0, {cores[0]})
    fanout.measure(report, folder / "data", people, cores[-1])
    idle.measure(report, folder / "data", people, cores[-1])
    signaling.measure(report, folder / "data", people, cores[-1])


def _bound() -> None:
    """Enough descriptors for the sockets, and an end even if something hangs, by way of every `finally`."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < _SOCKETS_NEEDED:
        sys.exit(f"bench: {_SOCKETS_NEEDED} open files are needed, the limit is {most} (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    for number in (signal.SIGALRM, signal.SIGTERM):
        signal.signal(number, lambda received, _: sys.exit(f"bench: stopped by {signal.Signals(received).name}"))
    signal.alarm(_AT_MOST_S)


if __name__ == "__main__":
    sys.exit(main())
