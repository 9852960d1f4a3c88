"""What waits for one socket that is slow or still being greeted: bounded, and never wrong about what is missing.

Entries of a log wait in order. When there is no room, their conversation is left out from there on, and the client is
told once that it is behind; the log has the rest. Of a notice only the latest of its kind waits, as it is all that
anybody wants to know. No I/O; next: `connection.py`.
"""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from parley.chat_service.framing import frame_text
from parley.chat_service.model import QUEUED_BYTES, QUEUED_FRAMES

Key = tuple[str | int, ...]


class Item(NamedTuple):
    """One frame for every member of a conversation. `seq` places an entry of the log; 0 for a notice."""

    conv: str
    seq: int
    payload: bytes
    framed: bytes


class Outbox:
    """Frames that wait, in the order in which they will be sent."""

    def __init__(self, frames: int = QUEUED_FRAMES, size: int = QUEUED_BYTES) -> None:
        self._frames, self._size = frames, size
        self._waiting: dict[Key, Item] = {}
        self._bytes = 0
        self.behind: set[str] = set()
        """Conversations of which entries were left out."""

    def put(self, item: Item) -> None:
        """Let a frame wait, or leave it out if there is no room."""
        if item.seq and item.conv in self.behind:
            return
        key = (item.conv, item.seq) if item.seq else _subject(item.payload)
        self._remove(key)
        if self._has_room_for(item):
            self._waiting[key] = item
            self._bytes += len(item.framed)
        elif item.seq:
            self.behind.add(item.conv)

    def forget_through(self, places: Mapping[str, int]) -> None:
        """Drop entries that the client has got in another way: up to this sequence number of each conversation."""
        known = [key for key, it in self._waiting.items() if it.seq and it.seq <= places.get(it.conv, 0)]
        for key in known:
            self._remove(key)

    def take(self) -> bytes:
        """Everything that waits, as bytes for the transport; afterwards nothing waits."""
        joined = b"".join(item.framed for item in self._waiting.values())
        self._waiting.clear()
        self._bytes = 0
        return joined

    def _has_room_for(self, item: Item) -> bool:
        if not item.seq:
            # Nobody reads a notice again later, so notices have as much room again beside the entries.
            return len(self._waiting) < 2 * self._frames
        return len(self._waiting) < self._frames and self._bytes + len(item.framed) <= self._size

    def _remove(self, key: Key) -> None:
        replaced = self._waiting.pop(key, None)
        if replaced is not None:
            self._bytes -= len(replaced.framed)


class _Data(msgspec.Struct):
    conv: str = ""
    user: str = ""
    session: str = ""
    call: str = ""


class _Notice(msgspec.Struct):
    t: str
    d: _Data


_notice = msgspec.json.Decoder(_Notice)


def item_of(conv: str, seq: int, payload: bytes) -> Item:
    """A frame of a conversation or about a person, framed once for all who get it."""
    return Item(conv, seq, payload, frame_text(payload))


def _subject(payload: bytes) -> Key:
    """What a notice is about: a newer one with the same subject replaces it. All verbs of a call are one subject."""
    notice = _notice.decode(payload)
    if notice.t.startswith("call."):
        return ("call", notice.d.call)
    return (notice.t, notice.d.conv, notice.d.user, notice.d.session)
