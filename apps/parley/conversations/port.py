"""The port of conversations, in two faces by who asks: `Membership` for all, `Conversations` for their editor.

Guarantee: a direct pair has one conversation, whoever and however many create it at once; an edit by version has one
winner; a change of members that was claimed is settled with its log entry or found by `unsettled`. Every method may
raise `parley.sql.errors.DatabaseUnavailable`.
"""

from collections.abc import Collection, Sequence
from typing import Protocol

from parley.contracts.problems import ProblemError
from parley.conversations.model import MAX_MEMBERS, Conversation, Member, MembershipChange
from parley.identity.model import Account


class VersionMismatch(ProblemError):
    """The conversation was edited since the version that the caller has seen; at the edge `precondition-failed`."""

    def __init__(self) -> None:
        super().__init__("precondition-failed")


class GroupFull(ProblemError):
    """The group has MAX_MEMBERS members, those on their way in included; at the edge `forbidden`."""

    def __init__(self) -> None:
        super().__init__("forbidden", f"A group has at most {MAX_MEMBERS} members.", limit=MAX_MEMBERS)


class Membership(Protocol):
    """Questions about who is in what."""

    async def find(self, conv: str, account: str) -> Conversation | None:
        """The conversation, or None if it does not exist or `account` is not a member of it now."""

    async def ids_of(self, account: str) -> Sequence[str]:
        """Every conversation that `account` is a member of now, the lobby (where it is on) included."""

    async def acquainted(self, account: str, others: Collection[str]) -> set[str]:
        """Those of `others` who share a conversation with `account` now; with the lobby on, every existing account.

        `account` itself is among them when asked for.
        """


class Conversations(Membership, Protocol):
    """Make and edit conversations. The log entry of a membership change is the caller's business."""

    async def list_of(self, account: str, limit: int, after: str | None) -> Sequence[Conversation]:
        """Conversations of `account` in the order of their ids, from behind `after`; the lobby comes first."""

    async def create_direct(self, account: str, other: str) -> tuple[Conversation, bool]:
        """The one direct conversation of these two, and whether this call made it. Idempotent, also in parallel.

        Both accounts must exist and be different.
        """

    async def create_group(self, conv: str, owner: str, members: Sequence[str], title: str | None) -> Conversation:
        """A new group with the id `conv`; the owner is a member. Repeating the call with the same id changes nothing.

        The accounts must exist. Raises GroupFull for more than MAX_MEMBERS.
        """

    async def retitle(self, conv: str, title: str | None, version: int) -> Conversation:
        """Set the title of a group if its version is still `version`. Raises VersionMismatch."""

    async def members(self, conv: str, limit: int, after: str | None) -> Sequence[Member]:
        """Current and former members in the order of their account ids, from behind `after`."""

    async def people(self, account: str, prefix: str, limit: int, after: str | None) -> Sequence[Account]:
        """Everyone who shares a conversation with `account`, without `account`, sorted by name and id.

        `prefix` is matched without case at the beginning of name or address; empty for all. `after` is the id of the
        account behind which the answer begins.
        """

    async def claim(self, change: MembershipChange) -> MembershipChange | None:
        """Claim a change of one person's membership of a group before its entry is appended.

        The claimed change, which is an earlier one if that is still unfinished; None if nothing is to change (already a
        member, already gone). Raises GroupFull. The account must exist.
        """

    async def settle(self, change: MembershipChange, seq: int) -> None:
        """Make a claimed change effective as of its log entry `seq`. Repeating it changes nothing."""

    async def withdraw(self, change: MembershipChange) -> None:
        """Give up a claimed change that has no log entry and can get none any more. Repeating it changes nothing."""

    async def unsettled(self, older_than_ms: int) -> Sequence[MembershipChange]:
        """Changes that were claimed at least that long ago and never settled: whoever claimed them has died."""
