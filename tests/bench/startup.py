"""Start: from the process's start to the first page, and what the process then takes of memory."""

import http.client
import statistics
import time
from pathlib import Path

from bench import procfs
from bench.report import Report, at_most, spread
from bench.servers import product

_STARTS = 5
_SETTLE_S = 1.0
_GOAL_S, _GOAL_MB = 3.0, 120.0


def measure(report: Report, folder: Path) -> None:
    """The data folder is there already, as at every start but the first."""
    report.title("Start on an existing data folder")
    starts = [_start(folder) for _ in range(_STARTS)]
    seconds, cpu, resident, proportional = zip(*starts, strict=True)
    middle = statistics.median(seconds)
    report.line(f"process start to 200 on /, {_STARTS} starts", spread(seconds, "s"), at_most(middle, _GOAL_S, "s"))
    report.line("  of which CPU, whoever else runs", spread(cpu, "s"))
    megabytes = statistics.median(resident)
    report.line("resident memory (VmRSS) after that", f"{megabytes:.0f} MB", at_most(megabytes, _GOAL_MB, "MB"))
    report.line("of which its own share (Pss)", f"{statistics.median(proportional):.0f} MB")


def _start(folder: Path) -> tuple[float, float, float, float]:
    start = time.monotonic()
    with product(folder) as parley:
        _get_page(int(parley.url.rpartition(":")[2]))
        seconds, cpu = time.monotonic() - start, procfs.run_time(parley.pid).total
        time.sleep(_SETTLE_S)
        memory = procfs.resident_kib(parley.pid), procfs.proportional_kib(parley.pid)
        return seconds, cpu, *map(_megabytes, memory)


def _get_page(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/", headers={"Host": f"localhost:{port}"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 200, answer.status


def _megabytes(kib: int) -> float:
    return kib * 1024 / 1e6
