"""Every entry in the order of the room, and how far each socket has got: the proof that nothing was lost.

All sockets of a room must receive the same bytes in the same order. So one socket's copy of an entry is checked in
full, and every other copy is compared with it, many entries at once: that is what lets a generator in Python verify
every byte of a thousand sockets without being slower than the server.
"""

REFUSED = -1


class Transcript:
    """The entries so far, as frames. A position is a number of entries; `complete` is what every socket has."""

    def __init__(self, sockets: int) -> None:
        self._sockets = sockets
        self.start_anew()

    def start_anew(self) -> None:
        """Forget all entries and put every socket at the start."""
        self._stream = bytearray()
        self._starts = [0]
        self._position_at = {0: 0}
        self._sockets_at = [self._sockets]
        self.complete = self.deliveries = 0

    @property
    def length(self) -> int:
        return len(self._starts) - 1

    def append(self, raw: bytes) -> None:
        """The next entry, as the first socket that has it received it."""
        self._stream += raw
        self._starts.append(len(self._stream))
        self._position_at[len(self._stream)] = self.length
        self._sockets_at.append(0)

    def position_after(self, position: int, received: bytes) -> int:
        """Where a socket stands that received this at `position`; REFUSED unless it is exactly the next entries."""
        start = self._starts[position]
        if not self._stream.startswith(received, start):
            return REFUSED
        return self._position_at.get(start + len(received), REFUSED)

    def advance(self, old: int, new: int) -> None:
        """One socket went from `old` to `new`."""
        self.deliveries += new - old
        self._sockets_at[old] -= 1
        self._sockets_at[new] += 1
        while self.complete < self.length and not self._sockets_at[self.complete]:
            self.complete += 1

    def missing(self, sent: int) -> int:
        """How many deliveries are not there of `sent` entries to every socket."""
        return sent * self._sockets - self.deliveries
