"""The load on two replicas, a process on a core of its own: many conversations, in each one who talks on the first
replica and everybody on the second.

It takes orders on stdin as the generator for the one process does. Next: `../crowd.py`.
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
from bench.dialects import Dialect, NaiveRooms, Parley
from bench.room import Room

MEMBERS = 5
_PATIENCE_S = 15.0
_IDLE_S = 1.0

Json = dict[str, Any]


class Generator:
    """Conversations, and what can be told to be said in them."""

    def __init__(self, setup: Json) -> None:
        self._pids: dict[str, int] = setup["pids"]
        convs, (self._here, self._there) = setup["convs"], setup["ports"]
        dialect: Dialect = NaiveRooms(lambda person: convs[person // MEMBERS])
        if setup["tokens"]:
            dialect = Parley(setup["tokens"], setup["users"])
        self._rooms = [Room(dialect, conv) for conv in convs]
        self._crowd = Crowd(dialect, self._rooms, self._seat)
        self._busy: list[Room] = []

    def obey(self) -> None:
        """Carry out orders until there are no more; members answer pings meanwhile."""
        self._crowd.listen_to(sys.stdin.fileno())
        while True:
            if self._crowd.poll(_IDLE_S) == ORDER:
                line = sys.stdin.readline()
                if not line:
                    return
                print(json.dumps(self._carry_out(**json.loads(line))), flush=True)

    def _seat(self, number: int) -> Seat:
        """Six sockets a conversation: the first member's on the first replica, then everybody's on the second."""
        room, place = divmod(number, MEMBERS + 1)
        if place == 0:
            return Seat(self._here, room * MEMBERS, self._rooms[room])
        return Seat(self._there, room * MEMBERS + place - 1, self._rooms[room], speaks=False)

    def _carry_out(self, order: str, **details: Any) -> Json:
        return {"fill": self._fill, "flood": self._flood, "pace": self._pace}[order](**details)

    def _fill(self) -> Json:
        self._crowd.grow(len(self._rooms) * (MEMBERS + 1))
        return {}

    def _flood(self, window: int, seconds: float) -> Json:
        """A closed loop: `window` entries are on their way at any time, each in a conversation of its own."""
        return self._measured(lambda: self._keep_sending(window, seconds))

    def _pace(self, rate: float, seconds: float) -> Json:
        """So many entries a second, whatever the servers do; tells how long the answers and the deliveries took."""
        for room in self._rooms:
            room.latencies, room.confirmations = array("d"), array("d")
        result = self._measured(lambda: self._send_at(rate, seconds))
        took = {
            "delivery": [it for room in self._rooms for it in room.latencies or ()],
            "ack": [it for room in self._rooms for it in room.confirmations or ()],
        }
        for room in self._rooms:
            room.latencies = room.confirmations = None
        return {**result, **{name: _percentiles(figures) for name, figures in took.items() if figures}}

    def _measured(self, load) -> Json:
        start = time.perf_counter()
        before = {name: procfs.run_time(pid) for name, pid in self._pids.items()}
        load()
        self._crowd.wait_until(lambda: all(room.is_settled for room in self._rooms), _PATIENCE_S)
        cpu_s = {name: procfs.run_time(pid).since(before[name]).total for name, pid in self._pids.items()}
        result = {
            "messages": sum(room.sent for room in self._rooms),
            "deliveries": sum(room.transcript.deliveries for room in self._rooms),
            "seconds": time.perf_counter() - start,
            "cpu_s": cpu_s,
            "lost": sum(room.transcript.missing(room.sent) + room.unconfirmed for room in self._rooms),
            "bad": sum(room.bad for room in self._rooms),
        }
        self._crowd.start_anew()
        return result

    def _keep_sending(self, window: int, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._busy = [room for room in self._busy if not room.is_settled]
            while len(self._busy) < window:
                self._busy.append(self._crowd.speak())
            # Not sleeping, because waking us would be charged to the servers.
            while self._crowd.poll(0) == NOTHING and time.monotonic() < deadline:
                pass

    def _send_at(self, rate: float, seconds: float) -> None:
        start = time.monotonic()
        for number in range(int(rate * seconds)):
            due = start + number / rate
            while (left := due - time.monotonic()) > 0:
                self._crowd.poll(left)
            self._crowd.speak()


def _percentiles(figures: list[float]) -> Json:
    hundredths = statistics.quantiles(figures, n=100)
    return {"p50_ms": hundredths[49] * 1000, "p99_ms": hundredths[98] * 1000}


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
