"""The port of conversations, in two faces by who asks: `Membership` for all, `Conversations` for their editor."""

from collections.abc import Collection, Sequence
from typing import Protocol

from parley.conversations.model import Conversation, Member, MembershipChange
from parley.identity.model import Account


class VersionMismatch(Exception):
    """The conversation was edited since the version that the caller has seen."""


class Membership(Protocol):
    """Questions about who is in what."""

    async def find(self, conv: str, account: str) -> Conversation | None:
        """The conversation, or None if it does not exist or `account` is not a member of it now."""

    async def ids_of(self, account: str) -> Sequence[str]:
        """Every conversation that `account` is a member of now, the lobby (where it is on) included."""

    async def acquainted(self, account: str, others: Collection[str]) -> set[str]:
        """Those of `others` who share a conversation with `account` now; with the lobby on, every existing account."""


class Conversations(Membership, Protocol):
    """Make and edit conversations. The log entry of a membership change is the caller's business."""

    async def list_of(self, account: str, limit: int, after: str | None) -> Sequence[Conversation]:
        """Conversations of `account` in the order of their ids, from behind `after`; the lobby comes first."""

    async def create_direct(self, account: str, other: str) -> tuple[Conversation, bool]:
        """The one direct conversation of these two, and whether this call made it. Idempotent, also in parallel."""

    async def create_group(self, conv: str, owner: str, members: Sequence[str], title: str | None) -> Conversation:
        """A new group with the id `conv`; the owner is a member. Repeating the call with the same id changes nothing."""

    async def retitle(self, conv: str, title: str | None, version: int) -> Conversation:
        """Set the title if the version is still `version`. Raises VersionMismatch."""

    async def members(self, conv: str, limit: int, after: str | None) -> Sequence[Member]:
        """Current and former members in the order of their account ids, from behind `after`."""

    async def people(self, account: str, prefix: str, limit: int, offset: int) -> Sequence[Account]:
        """Everyone who shares a conversation with `account`, without `account`, sorted by name and id.

        `prefix` is matched without case at the beginning of name or address; empty for all.
        """

    async def claim(self, change: MembershipChange) -> MembershipChange | None:
        """Claim a change of one person's membership before its entry is appended.

        The claimed change, which is an earlier one if that is still unfinished; None if nothing is to change (already a
        member, already gone). Raises VersionMismatch when the group is full.
        """

    async def settle(self, change: MembershipChange, seq: int) -> Conversation:
        """Make a claimed change effective as of its log entry `seq`. Repeating it changes nothing."""

    async def unsettled(self, older_than_ms: int) -> Sequence[MembershipChange]:
        """Changes that were claimed at least that long ago and never settled: whoever claimed them has died."""
