"""The port of the message log.

Guarantee: the sequence of a conversation is dense; an append is idempotent by (sender, id) for every retry that repeats
the same `after`; a read that starts after an append has returned sees it. Nothing acknowledged is ever lost or moved.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from parley.contracts.problems import ProblemError
from parley.messages.model import Cursor, Draft, Entry, Head


class StaleCursor(ProblemError):
    """`after` names another epoch, an empty slot, or one more than MAX_WALK behind: read on, then send again.

    At the edge it is the `stale-cursor` problem.
    """

    def __init__(self) -> None:
        super().__init__("stale-cursor")


class LogUnavailable(ProblemError):
    """The store did not answer in time; a draft may or may not have been stored, and the same call may be repeated.

    At the edge it is the `unavailable` problem.
    """

    def __init__(self) -> None:
        super().__init__("unavailable", retry_after_ms=1000)


class MessageLog(Protocol):
    """Append to and read the logs of conversations; a conversation without entries has an empty log in epoch 1.

    Every method may raise LogUnavailable.
    """

    async def check(self) -> None:
        """Return when the store answers. Raises ConfigurationError if it never will, as the process is configured."""

    async def append(self, draft: Draft, after: Cursor) -> Entry:
        """Give the draft the first free slot after `after`, or return the slot that it already holds.

        Also moves the sender's read mark to it. Raises StaleCursor.
        """

    async def read_after(self, conv: str, seq: int, limit: int) -> Sequence[Entry]:
        """Entries `seq + 1 …`, ascending, at most `limit`; empty when there are none. Stops at the first hole."""

    async def read_before(self, conv: str, seq: int, limit: int) -> Sequence[Entry]:
        """The `limit` entries that end with `seq - 1`, ascending; empty when there are none."""

    async def heads(self, convs: Sequence[str]) -> Mapping[str, Head]:
        """The newest position of each conversation; every conversation asked for is in the answer."""

    async def newest(self, convs: Sequence[str]) -> Mapping[str, Entry]:
        """The newest entry of each conversation; conversations without entries are absent."""

    async def mark_read(self, conv: str, user: str, seq: int) -> int:
        """Move a read mark forward to `seq`, never past the head, never back; returns where it stands afterwards."""

    async def begin_reading(self, conv: str, user: str) -> int:
        """Put the read mark of somebody who has none yet at the head; returns where it stands afterwards."""

    async def marks_of(self, user: str, convs: Sequence[str]) -> Mapping[str, int]:
        """How far `user` has read in each conversation; every conversation asked for is in the answer, 0 if never."""

    async def marks_in(self, conv: str, users: Sequence[str]) -> Mapping[str, int]:
        """How far each of `users` has read in one conversation; every user asked for is in the answer, 0 if never."""
