"""What each service takes of memory when nobody uses it, and how long it takes to start over the real servers."""

import time

from bench import procfs
from bench.engines.stack import SERVICES, Stack
from bench.report import Report

_SETTLE_S = 3.0


def measure(report: Report, stack: Stack) -> None:
    report.title("Memory of an idle replica: resident (VmRSS), of which its own share (Pss)")
    time.sleep(_SETTLE_S)
    for service in SERVICES:
        pid = stack.of(service)[0].pid
        resident, own = (kib * 1024 / 1e6 for kib in (procfs.resident_kib(pid), procfs.proportional_kib(pid)))
        report.line(service, f"{resident:.0f} MB, {own:.0f} MB")
