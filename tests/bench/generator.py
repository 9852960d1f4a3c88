"""The load generator, a process on a core of its own: takes orders on stdin, answers on stdout, in JSON lines.

It ends when stdin does, so it never outlives whoever started it. Next: `crowd.py`.
"""

import gc
import json
import os
import statistics
import sys
import time
from array import array
from typing import Any

from bench import procfs
from bench.crowd import NOTHING, ORDER, Crowd, Seat
from bench.dialects import Dialect, Naive, Parley
from bench.room import Room

_PATIENCE_S = 10.0
_IDLE_S = 1.0

Json = dict[str, Any]


class Generator:
    """A crowd, and what it can be told to do."""

    def __init__(self, setup: Json) -> None:
        self._pid = setup["pid"]
        dialect: Dialect = Parley(setup["tokens"], setup["users"]) if setup["tokens"] else Naive()
        room = Room(dialect)
        self._crowd = Crowd(dialect, [room], lambda number: Seat(setup["port"], number, room))
        self._waited = 0.0

    def obey(self) -> None:
        """Carry out orders until there are no more; members answer pings meanwhile."""
        self._crowd.listen_to(sys.stdin.fileno())
        while True:
            if self._crowd.poll(_IDLE_S) == ORDER:
                line = sys.stdin.readline()
                if not line:
                    return
                print(json.dumps(self._carry_out(**json.loads(line))), flush=True)

    def _carry_out(self, order: str, **details: Any) -> Json:
        return {"grow": self._grow, "flood": self._flood, "pace": self._pace}[order](**details)

    def _grow(self, count: int) -> Json:
        start, cpu = time.monotonic(), procfs.run_time(self._pid)
        self._crowd.grow(count)
        return {"seconds": time.monotonic() - start, "cpu_s": procfs.run_time(self._pid).since(cpu).total}

    def _flood(self, window: int, seconds: float, warm_up: float) -> Json:
        """A closed loop: `window` entries are on their way at any time."""
        lost = self._measured(lambda: self._keep_sending(window, warm_up))["lost"]
        result = self._measured(lambda: self._keep_sending(window, seconds))
        return {**result, "lost": result["lost"] + lost}

    def _pace(self, rate: float, seconds: float) -> Json:
        """So many entries a second, whatever the server does; the result tells how long deliveries took."""
        self._crowd.room.latencies = array("d")
        result = self._measured(lambda: self._send_at(rate, seconds))
        hundredths = statistics.quantiles(self._crowd.room.latencies, n=100)
        self._crowd.room.latencies = None
        return {**result, "p50_ms": hundredths[49] * 1000, "p99_ms": hundredths[98] * 1000}

    def _measured(self, load) -> Json:
        room = self._crowd.room
        start, cpu, self._waited = time.perf_counter(), procfs.run_time(self._pid), 0.0
        load()
        self._crowd.wait_until(lambda: room.is_settled, _PATIENCE_S)
        used, seconds = procfs.run_time(self._pid).since(cpu), time.perf_counter() - start
        result = {
            "messages": room.sent,
            "deliveries": room.transcript.deliveries,
            "seconds": seconds,
            "cpu_s": used.total,
            "main_cpu_s": used.main,
            "waited": self._waited / seconds,
            "lost": room.transcript.missing(room.sent) + room.unconfirmed,
            "bad": room.bad,
        }
        self._crowd.start_anew()
        return result

    def _keep_sending(self, window: int, seconds: float) -> None:
        crowd, deadline = self._crowd, time.monotonic() + seconds
        while time.monotonic() < deadline:
            while crowd.room.outstanding < window:
                crowd.speak()
            # Not sleeping, because waking us would be charged to the server.
            start = time.perf_counter()
            if crowd.poll(0) == NOTHING:
                self._waited += time.perf_counter() - start

    def _send_at(self, rate: float, seconds: float) -> None:
        start = time.monotonic()
        for number in range(int(rate * seconds)):
            due = start + number / rate
            while (left := due - time.monotonic()) > 0:
                self._crowd.poll(left)
            self._crowd.speak()


def main() -> None:
    setup = json.loads(sys.stdin.readline())
    os.sched_setaffinity(0, {setup["core"]})
    gc.disable()
    try:
        generator = Generator(setup)
        # Whoever started us must not write the first order before this, or it would be read ahead with the setup.
        print("{}", flush=True)
        generator.obey()
    except (ConnectionError, TimeoutError) as error:
        sys.exit(f"bench: {error}")


if __name__ == "__main__":
    main()
