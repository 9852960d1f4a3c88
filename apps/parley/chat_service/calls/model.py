"""The words and numbers of calls, and what the server knows of one conversation's calls. No I/O; next: `rules.py`.

Times are whole milliseconds since 1970 UTC by the clock of whoever keeps the state, one clock for all replicas.
"""

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from msgspec import Struct

Media = Literal["audio", "video"]
Standing = Literal["invited", "ringing", "joined", "declined", "busy", "missed", "left"]
State = Literal["ringing", "active", "ended"]
Verb = Literal["invite", "accept", "decline", "end", "update"]

RINGS_MS = 60_000
"""How long somebody is rung for."""

HELD_MS = 65_000
"""How long somebody who has joined counts without a sign from the replica that holds their socket: two may be lost."""

CLAIM_MS = 90_000
"""How long a claim lasts. It is taken before its person joins and prolonged after, so it outlasts what it guards."""

GRACE_MS = 60_000
"""The same after their socket has closed: media goes from peer to peer and outlives shorter gaps."""

TOLD_EVERY_MS = {"ringing": 5_000, "active": 25_000, "ended": 5_000}
"""How often a call that has not changed is told again, because a push may get lost; its end is told again once."""

REMEMBERED_MS = 120_000
"""How long a call that is over is known, so that a late frame does not begin it again."""

MAX_MEMBERS = 32
"""People in one call, joined or not."""

MESH = {"video": 4, "audio": 6}
"""People who may have joined at once: each of them sends to each of the others."""

_MERGED = 64
"""So many ids of invitations that came to an ongoing call are remembered with it."""


class Member(Struct, frozen=True, omit_defaults=True):
    """One person's part in a call.

    `party` is the window that joined, `n` the number of that joining, `claim` what keeps the person from joining
    another call, and `until_ms` when they count as gone unless the window gives a sign.
    """

    user: str
    st: Standing
    party: str = ""
    n: int = 0
    claim: str = ""
    until_ms: int = 0

    @property
    def is_pending(self) -> bool:
        """Whether this person may still answer."""
        return self.st in ("invited", "ringing")


class Call(Struct, frozen=True, omit_defaults=True):
    """One call. `after` is where the log stood at its beginning; `active_ms` and `ended_ms` are 0 until it is so.
    `tell_at_ms` is when it is told again, 0 for never.

    `merged` are the ids of invitations that found this call and joined it.
    """

    id: str
    conv: str
    media: Media
    caller: str
    members: tuple[Member, ...]
    after: tuple[int, int]
    rings_until_ms: int
    state: State = "ringing"
    rev: int = 0
    session: str = ""
    joins: int = 0
    tell_at_ms: int = 0
    active_ms: int = 0
    ended_ms: int = 0
    by: Member | None = None
    reason: str = ""
    merged: tuple[str, ...] = ()
    is_recorded: bool = False

    def member(self, user: str) -> Member | None:
        """This person's part, None for somebody who was not called."""
        return next((it for it in self.members if it.user == user), None)

    def joined_by(self, user: str, party: str) -> Member | None:
        """The person's part, if they have joined with this window."""
        found = self.member(user)
        return found if found and found.st == "joined" and found.party == party else None

    @property
    def joined(self) -> int:
        """How many have joined and not left."""
        return sum(it.st == "joined" for it in self.members)

    @property
    def pending(self) -> int:
        """How many may still answer."""
        return sum(it.is_pending for it in self.members)

    def begun_by(self, invitation: str) -> bool:
        """Whether this invitation began the call, or joined it."""
        return invitation == self.id or invitation in self.merged

    def merging(self, invitation: str) -> tuple[str, ...]:
        """What `merged` becomes by one more invitation."""
        return self.merged if self.begun_by(invitation) else (*self.merged, invitation)[-_MERGED:]


class Line(Struct, frozen=True, omit_defaults=True):
    """The calls of one conversation: the live one, those that are over and still known, and the newest revision."""

    rev: int = 0
    live: Call | None = None
    over: tuple[Call, ...] = ()

    def __iter__(self) -> Iterator[Call]:
        if self.live is not None:
            yield self.live
        yield from self.over

    @property
    def unrecorded(self) -> tuple[Call, ...]:
        """Calls that are over and have no entry in the log yet."""
        return tuple(it for it in self.over if not it.is_recorded)

    def find(self, call: str) -> Call | None:
        """The call with this id, None if it is not known any more."""
        return next((it for it in self if it.id == call), None)


class Told(NamedTuple):
    """A snapshot that everybody in the call should have: what happened, and how things stand since."""

    verb: Verb
    call: Call


def snapshot(call: Call, now_ms: int) -> dict[str, Any]:
    """The call as every frame of it carries it."""
    left_ms = max(0, call.rings_until_ms - now_ms) if call.pending else 0
    document: dict[str, Any] = {
        "call": call.id,
        "conv": call.conv,
        "rev": call.rev,
        "state": call.state,
        "media": call.media,
        "from": call.caller,
        "ring_ms": left_ms,
        "members": [_part(it) for it in call.members],
    }
    optional = (("session", call.session), ("by", call.by and _part(call.by)), ("reason", call.reason))
    document.update((name, value) for name, value in optional if value)
    return document


def record(call: Call) -> dict[str, Any]:
    """What the log keeps of a call that is over."""
    return {
        "media": call.media,
        "from": call.caller,
        "reason": call.reason,
        "duration_ms": call.ended_ms - call.active_ms if call.active_ms else 0,
        "members": [{name: value for name, value in _part(it).items() if name != "party"} for it in call.members],
    }


def _part(member: Member) -> dict[str, Any]:
    document: dict[str, Any] = {"user": member.user, "st": member.st}
    if member.n:
        document |= {"party": member.party, "n": member.n}
    return document
