"""`make bench-engines`: the product over MySQL, Kafka, Redis and Cassandra on this machine.

Prints figures, ratios and versions; a missed goal is not an error, because machines differ. Exits with 1 if a delivery
was lost or malformed or a mail did not come. Next: `stack.py`, `sign_in.py`, `conversations.py`, `memory.py`.
"""

import asyncio
import contextlib
import os
import platform
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from bench.engines import conversations, memory, sign_in
from bench.engines.stack import IMAGES, stack
from bench.report import Report


def main() -> int:
    cores = sorted(os.sched_getaffinity(0))
    print(f"Parley's bench over engines: {len(cores)} cores, Python {platform.python_version()}, {', '.join(IMAGES)}")
    print(f"chat-service and generator on a core each, everything else on any of {len(cores)}")
    report = Report()
    with (
        tempfile.TemporaryDirectory(prefix="parley-bench-") as name,
        _smtp() as (smtp, loop),
        stack(Path(name), conversations.CONVERSATIONS, smtp.port) as running,
    ):
        memory.measure(report, running)
        measured = asyncio.run_coroutine_threadsafe(sign_in.measure(report, running, smtp), loop)
        report.lost += measured.result()
        conversations.measure_acks(report, running, cores)
        conversations.measure(report, running, cores)
    return report.conclude()


@contextlib.contextmanager
def _smtp() -> Iterator[tuple[sign_in.TimingSmtp, asyncio.AbstractEventLoop]]:
    """The mail server, on an event loop of its own thread."""
    with asyncio.Runner() as runner:
        loop, smtp, ending = runner.get_loop(), sign_in.TimingSmtp(), asyncio.Event()
        listening = threading.Event()

        async def serve() -> None:
            async with smtp.serving():
                listening.set()
                await ending.wait()

        thread = threading.Thread(target=runner.run, args=(serve(),))
        thread.start()
        listening.wait()
        try:
            yield smtp, loop
        finally:
            loop.call_soon_threadsafe(ending.set)
            thread.join()


if __name__ == "__main__":
    sys.exit(main())
