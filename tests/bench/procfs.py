"""What the kernel says about a process: run time to the nanosecond, and memory.

The scheduler's run time is the figure that survives a shared machine: it counts only what the process itself ran,
however long it had to wait for a core. Wall-clock rates would measure the neighbours.
"""

import os
from pathlib import Path
from typing import NamedTuple


class RunTime(NamedTuple):
    """Seconds of CPU since the process started: all its threads together, and its main thread alone."""

    total: float
    main: float

    def since(self, earlier: "RunTime") -> "RunTime":
        return RunTime(self.total - earlier.total, self.main - earlier.main)


def run_time(pid: int) -> RunTime:
    """Sums every thread, so that no work is hidden on another one."""
    threads = {name: _thread_seconds(pid, name) for name in os.listdir(f"/proc/{pid}/task")}
    return RunTime(sum(threads.values()), threads[str(pid)])


def resident_kib(pid: int) -> int:
    """VmRSS: every page that is in memory, shared libraries included."""
    return _field(Path(f"/proc/{pid}/status"), "VmRSS:")


def proportional_kib(pid: int) -> int:
    """Pss: as VmRSS, but a page shared by n processes counts 1/n."""
    return _field(Path(f"/proc/{pid}/smaps_rollup"), "Pss:")


def _thread_seconds(pid: int, thread: str) -> float:
    try:
        return int(Path(f"/proc/{pid}/task/{thread}/schedstat").read_text().split()[0]) / 1e9
    except OSError:
        # The thread ended while we were looking.
        return 0.0


def _field(file: Path, name: str) -> int:
    return next(int(line.split()[1]) for line in file.read_text().splitlines() if line.startswith(name))
