"""One conversation as it passes through this replica: every entry once, in order, without holes. No I/O.

The fan-out may lose, repeat and, between publishers, reorder. What is early waits here; the log is read for what is
missing. Next: `hub.py`, which writes what comes out of here.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

EARLY = 1_000
"""So many entries may wait for a missing one; what comes after them is read from the log."""


class Arrival(NamedTuple):
    """An entry of the log as it is published: its place and the JSON text of its frame."""

    epoch: int
    seq: int
    payload: bytes


class Room:
    """The newest place that was delivered, and what came before its turn.

    A new room has no place: until `start`, everything that comes waits.
    """

    __slots__ = ("_early", "conv", "epoch", "seq")

    def __init__(self, conv: str) -> None:
        self.conv = conv
        self.epoch, self.seq = 0, 0
        self._early: dict[int, Arrival] = {}

    @property
    def has_place(self) -> bool:
        """Whether `start` was called."""
        return self.epoch > 0

    @property
    def has_gap(self) -> bool:
        """Whether something is waiting for an entry that has not come."""
        return self.has_place and bool(self._early)

    def start(self, epoch: int, seq: int) -> Sequence[Arrival]:
        """The log ends here; what is delivered begins behind it. Returns what may be delivered now."""
        if not self.has_place:
            self.epoch, self.seq = epoch, seq
        return list(self._ready())

    def arrived(self, arrival: Arrival) -> Sequence[Arrival]:
        """An entry has come; returns what may be delivered now, in order."""
        if arrival.epoch < self.epoch or (arrival.epoch == self.epoch and arrival.seq <= self.seq):
            return ()
        if arrival.epoch == self.epoch and arrival.seq == self.seq + 1 and not self._early:
            self.seq = arrival.seq
            return (arrival,)
        if len(self._early) < EARLY or arrival.seq == self.seq + 1:
            self._early[arrival.seq] = arrival
        return list(self._ready())

    def skip(self, epoch: int, seq: int) -> Sequence[Arrival]:
        """Leave out everything up to here; returns what may be delivered now."""
        if (epoch, seq) > (self.epoch, self.seq):
            self.epoch, self.seq = epoch, seq
        return list(self._ready())

    def _ready(self) -> Iterator[Arrival]:
        if not self.has_place:
            return
        self._early = {seq: it for seq, it in self._early.items() if (it.epoch, seq) > (self.epoch, self.seq)}
        while (arrival := self._early.get(self.seq + 1)) and arrival.epoch == self.epoch:
            self.seq += 1
            yield self._early.pop(self.seq)
