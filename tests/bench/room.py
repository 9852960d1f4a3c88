"""One room as its members see it: what was sent, what came, and whether they are the same.

Next: `transcript.py`, which compares the copies; `crowd.py`, which reads them from sockets.
"""

import sys
import time
import uuid
from array import array
from typing import Any

from bench.dialects import LOBBY, Dialect, Sent
from bench.transcript import REFUSED, Transcript

BODY_BYTES = 200


class Room:
    """Counts deliveries. `bad` are frames that nobody may send: foreign, repeated, out of order or altered."""

    def __init__(self, dialect: Dialect, conv: str = LOBBY) -> None:
        self._dialect, self.conv = dialect, conv
        self.bad = 0
        self.numbered_from = 0
        self.latencies: array[float] | None = None
        self.confirmations: array[float] | None = None
        """Seconds from sending to the server's answer, where somebody wants to know."""
        self.fill(0)

    def fill(self, sockets: int) -> None:
        """From now on the room has so many members, all of them at the newest entry."""
        self.transcript = Transcript(sockets)
        self._forget()

    def start_anew(self) -> None:
        """Keep the members and forget what was said, so that a long run needs no more memory than a short one."""
        self.numbered_from += self.transcript.length
        self.transcript.start_anew()
        self._forget()

    def _forget(self) -> None:
        self._sent: dict[str, Sent] = {}
        self._asked: dict[str, float] = {}
        self._times: list[float] = []
        self.sent = self.confirmed = 0

    @property
    def outstanding(self) -> int:
        """Entries that some socket does not have yet."""
        return self.sent - self.transcript.complete

    @property
    def is_settled(self) -> bool:
        """Whether everything that was sent has come everywhere and was confirmed."""
        return not self.outstanding and not self.unconfirmed

    @property
    def unconfirmed(self) -> int:
        """Entries that the server has not answered for; a server that answers nothing owes nothing."""
        return self.sent - self.confirmed if self._dialect.entries_are_numbered else 0

    def compose(self, socket: int, position: int) -> bytes:
        """A new entry, ready to be sent by this socket."""
        request, body = str(uuid.uuid4()), f"{self.sent:0{BODY_BYTES}}"
        self._asked[request] = now = time.perf_counter()
        self._sent[request] = Sent(body, self._dialect.sender(socket), now)
        self.sent += 1
        return self._dialect.compose(request, self.conv, socket, body, self.numbered_from + position)

    def take(self, position: int, received: bytes) -> int:
        """Where a socket stands after receiving this; REFUSED unless it is exactly the next entries."""
        new = self.transcript.position_after(position, received)
        if new != REFUSED:
            self._advance(position, new)
        return new

    def take_entry(self, position: int, raw: bytes, entry: dict[str, Any]) -> int:
        """The same for one frame that may be the first of its kind."""
        if position == self.transcript.length and self._is_expected(entry):
            self._times.append(self._sent.pop(entry["id"]).at)
            self.transcript.append(raw)
        new = self.take(position, raw)
        if new == REFUSED:
            self.refuse(raw)
        return new

    def take_reply(self, reply: dict[str, Any], raw: bytes) -> None:
        """The server's answer to an entry that was sent."""
        if reply.get("ok") is True:
            self.confirmed += 1
            if self.confirmations is not None:
                self.confirmations.append(time.perf_counter() - self._asked.pop(reply["re"]))
        else:
            self.refuse(raw)

    def refuse(self, raw: bytes) -> None:
        """Count a bad frame and show the first."""
        if not self.bad:
            print(f"bench: bad frame {raw[:300]!r}", file=sys.stderr)
        self.bad += 1

    def _is_expected(self, entry: dict[str, Any]) -> bool:
        sent = self._sent.get(entry["id"])
        is_next = entry["seq"] == self.numbered_from + self.transcript.length + 1
        return (
            sent is not None
            and (sent.body, sent.sender) == (entry["body"], entry["from"])
            and (is_next or not self._dialect.entries_are_numbered)
        )

    def _advance(self, old: int, new: int) -> None:
        self.transcript.advance(old, new)
        if self.latencies is not None:
            now = time.perf_counter()
            self.latencies.extend(now - at for at in self._times[old:new])
