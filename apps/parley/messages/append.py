"""How an entry gets its place: exactly once, without a hole, and without a table of ids (protocol.md 2.1).

A slot goes from empty to filled once and never changes, and every attempt of one draft walks the same slots from the
same start, so no attempt can pass the slot that already holds it: not after a crash, not after an answer that got lost,
and not while an earlier attempt is still running elsewhere. The rule needs from a store only what `Slots` names; next:
`sqlite.py`.
"""

from collections.abc import Sequence
from typing import Protocol

from parley.messages.model import MAX_WALK, Cursor, Draft, Entry, Head
from parley.messages.port import LogUnavailable, StaleCursor

CHUNK = 200
"""How many slots one step of the walk reads."""

ATTEMPTS = 5
"""How often one slot is tried while the store does not say what became of it."""


class Slots(Protocol):
    """The slots of all conversations, as a store offers them to the rule. Any call may raise LogUnavailable."""

    async def head(self, conv: str) -> Head:
        """The newest position as far as it is known; it may be behind, never ahead."""

    async def run_from(self, conv: str, seq: int, limit: int) -> Sequence[Entry]:
        """The entries in the slots `seq`, `seq + 1` … up to the first empty one, at most `limit`.

        May miss what was filled a moment ago; then the run is shorter.
        """

    async def fill(self, draft: Draft, place: Cursor) -> Entry | None:
        """Put the draft into an empty slot: whoever holds the slot afterwards, the draft or another entry.

        None if the outcome is unknown; the draft may then turn up in this slot at any later time.
        """

    async def look(self, conv: str, seq: int) -> Entry | None:
        """Who holds this slot now, None if it is empty; sees every fill that has returned."""

    async def commit(self, entry: Entry) -> None:
        """Move the head and the sender's own read mark forward to this entry, never back."""


async def append(slots: Slots, draft: Draft, after: Cursor) -> Entry:
    """Give the draft its slot, or find the one that it has. Raises StaleCursor and LogUnavailable.

    Whatever follows an append is repeated by every retry, so all of it must bear repetition.
    """
    await _check(slots, draft.conv, after)
    entry = await _place(slots, draft, after)
    await slots.commit(entry)
    return entry


async def _check(slots: Slots, conv: str, after: Cursor) -> None:
    head = await slots.head(conv)
    if after.epoch != head.epoch or after.seq < 0 or head.seq - after.seq > MAX_WALK:
        raise StaleCursor
    # A wrong cursor must not punch a hole; the head may be behind, so the slot itself is asked before refusing.
    if after.seq > head.seq and await slots.look(conv, after.seq) is None:
        raise StaleCursor


async def _place(slots: Slots, draft: Draft, after: Cursor) -> Entry:
    seq = after.seq
    while seq - after.seq <= MAX_WALK:
        run = await slots.run_from(draft.conv, seq + 1, CHUNK)
        seq += len(run)
        own = next((entry for entry in run if _is_own(entry, draft)), None)
        if own is None and len(run) < CHUNK:
            seq += 1
            holder = await _fill(slots, draft, Cursor(after.epoch, seq))
            own = holder if _is_own(holder, draft) else None
        if own is not None:
            return own
    raise StaleCursor


async def _fill(slots: Slots, draft: Draft, place: Cursor) -> Entry:
    for _ in range(ATTEMPTS):
        holder = await slots.fill(draft, place) or await slots.look(draft.conv, place.seq)
        if holder is not None:
            return holder
    raise LogUnavailable


def _is_own(entry: Entry, draft: Draft) -> bool:
    return entry.id == draft.id and entry.sender == draft.sender
