"""The words of this service, without I/O."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from parley.conversations.model import Conversation, Member
from parley.messages.model import Entry, Head

T = TypeVar("T")

MAX_TITLE = 120
"""Characters of the longest title."""

_REFUSED_IN_TITLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def is_title(text: str) -> bool:
    """Whether this can be a title: 1 to MAX_TITLE characters on one line, none of them controls."""
    return 0 < len(text) <= MAX_TITLE and _REFUSED_IN_TITLE.search(text) is None


@dataclass(frozen=True, kw_only=True)
class View:
    """A conversation as one of its members sees it: how far it goes, how far they have read, the newest entry."""

    conversation: Conversation
    head: Head
    read: int
    last: Entry | None


@dataclass(frozen=True, kw_only=True)
class Seat:
    """A member as others see them; `read` is how far they have read, None where that is not told."""

    member: Member
    read: int | None


@dataclass(frozen=True, kw_only=True)
class History:
    """A stretch of a log, ascending, and how far the log goes."""

    head: Head
    entries: Sequence[Entry]


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some items of a longer list; `rest_after` is what to ask for behind, None at the end."""

    items: Sequence[T]
    rest_after: str | None
