"""The words of conversations, without I/O."""

from dataclasses import dataclass
from typing import Literal

ConversationKind = Literal["direct", "group", "lobby"]
Role = Literal["owner", "member"]
Change = Literal["joined", "left", "removed"]

LOBBY = "00000000-0000-7000-8000-000000000001"
"""The id of the conversation that every account is a member of, without a row anywhere."""

MAX_MEMBERS = 200
"""The largest group (protocol.md 2.5)."""

RECEIPTS_UP_TO = 32
"""Read marks of others are told in conversations of at most this many members."""


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """One conversation. `members` are the current ones, in the order they joined; empty for the lobby.

    `version` counts edits of the conversation itself and is its entity tag. `owner` may remove others from a group.
    """

    id: str
    kind: ConversationKind
    title: str | None
    members: tuple[str, ...]
    version: int
    owner: str | None = None

    def has(self, account: str) -> bool:
        """Whether this account is a member now."""
        return self.kind == "lobby" or account in self.members

    @property
    def has_receipts(self) -> bool:
        """Whether members are told how far the others have read."""
        return self.kind != "lobby" and len(self.members) <= RECEIPTS_UP_TO


@dataclass(frozen=True, kw_only=True)
class Member:
    """One person's place in a conversation, current or past.

    `joined_seq` is the log entry that brought them in, 0 for founders and in the lobby.
    """

    account: str
    email: str
    name: str
    role: Role
    joined_seq: int
    left: bool


@dataclass(frozen=True, kw_only=True)
class MembershipChange:
    """A change of members that has been claimed but may not be in the log yet.

    `id` and `after` are those of its log entry, kept so that every retry appends the same entry: two stores without a
    transaction between them agree because the second step can be repeated.
    """

    id: str
    conv: str
    account: str
    by: str
    change: Change
    after_epoch: int
    after_seq: int
