"""The words of the log, and nothing that does I/O. Next: `append.py`, the rule; `port.py`, the promise."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

EntryKind = Literal["text", "member", "call"]

MAX_WALK = 2_000
"""How far behind the head an append may start; beyond it the sender must read on first (protocol.md 2.1)."""


MAX_BODY = 8_000
"""Characters (code points) of the longest text."""

_REFUSED = re.compile(r"[^\n\t\x20-\x7e\xa0-\ud7ff\ue000-\U0010ffff]")


def is_text(body: str) -> bool:
    """Whether this can be the body of a text: 1 to MAX_BODY characters, no controls but newline and tab."""
    return 0 < len(body) <= MAX_BODY and _REFUSED.search(body) is None


class Cursor(NamedTuple):
    """A position in a log: everything up to and with `seq` has been seen. Sequence 0 is before the first entry."""

    epoch: int
    seq: int


class Head(NamedTuple):
    """The newest position of a log: `seq` is the number of the newest entry, 0 for an empty log."""

    epoch: int
    seq: int


@dataclass(frozen=True, kw_only=True)
class Draft:
    """An entry that wants a place. `id` (UUID text) and `sender` together are its identity in every retry."""

    conv: str
    id: str
    sender: str
    kind: EntryKind = "text"
    body: str | None = None
    meta: Mapping[str, Any] | None = None
    reply_to: int | None = None


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One slot of a log, never changed once it is filled. `at_ms` is the store's time, milliseconds since 1970 UTC."""

    conv: str
    epoch: int
    seq: int
    id: str
    sender: str
    at_ms: int
    kind: EntryKind = "text"
    body: str | None = None
    meta: Mapping[str, Any] | None = field(default=None)
    reply_to: int | None = None
