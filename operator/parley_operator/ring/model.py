"""What a ring is: the secrets that relays accept, which of them signs, and how far a rotation has come. No I/O.

Everything that a rotation must remember is in the ring, because the ring is the one object that is changed by
compare-and-set. The phase is therefore never stored: it is what the keys say. Times are seconds since 1970 UTC.
Next: `decide.py`, which ring comes after this one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from parley_operator.ring.schedule import Schedule


class State(StrEnum):
    """What a key of the ring is for. Relays accept all of them; minters sign with the current one."""

    CURRENT = "current"
    NEXT = "next"
    PREVIOUS = "previous"


class Phase(StrEnum):
    """How far a rotation has come."""

    IDLE = "Idle"
    PROPAGATING = "Propagating"
    SWITCHING = "Switching"
    DRAINING = "Draining"
    REVOKING = "Revoking"


class Role(StrEnum):
    """What the pod of an agent does: relays accept credentials, minters sign them."""

    RELAY = "relay"
    MINTER = "minter"


@dataclass(frozen=True)
class Key:
    """One secret under a random name, `kid`. `longest_ttl_s` is the longest that any of its credentials may last."""

    kid: str
    secret: str = field(repr=False)
    state: State
    created_s: int
    longest_ttl_s: int


@dataclass(frozen=True)
class Rotation:
    """The rotation that goes on. `since_s` is when its phase began, `drain_since_s` when all minters had switched."""

    id: str
    since_s: int
    drain_since_s: int | None = None
    is_emergency: bool = False
    is_aborted: bool = False


@dataclass(frozen=True)
class Outcome:
    """The rotation before: its id, when it ended, and how: Completed, Aborted or Emergency."""

    id: str
    ended_s: int
    result: str


@dataclass(frozen=True, kw_only=True)
class Ring:
    """One state of the ring. `revision` counts what agents apply: keys, their states, and `ttl_s`.

    `ttl_s` caps what minters promise. `retired` are keys that relays have to refuse, kept until each was seen to.
    `handled` are the triggers that have had their rotation.
    """

    revision: int
    ttl_s: int
    keys: tuple[Key, ...]
    retired: tuple[Key, ...] = ()
    rotation: Rotation | None = None
    handled: tuple[str, ...] = ()
    last: Outcome | None = None

    @property
    def phase(self) -> Phase:
        """What the keys say."""
        if self.retired:
            return Phase.REVOKING
        if self.next:
            return Phase.PROPAGATING
        if not self.previous:
            return Phase.IDLE
        return Phase.SWITCHING if self.rotation is None or self.rotation.drain_since_s is None else Phase.DRAINING

    @property
    def current(self) -> Key:
        """The key that signs."""
        return next(key for key in self.keys if key.state is State.CURRENT)

    @property
    def next(self) -> Key | None:
        """The key that relays are to know before it signs."""
        return self._one(State.NEXT)

    @property
    def previous(self) -> Key | None:
        """The key whose credentials are still about."""
        return self._one(State.PREVIOUS)

    def _one(self, state: State) -> Key | None:
        return next((key for key in self.keys if key.state is state), None)


@dataclass(frozen=True)
class Fresh:
    """Material for a key, drawn at the edge for each decision and mostly thrown away."""

    kid: str
    secret: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Ack:
    """What the agent of one pod has said: the revision that it applied, and for a relay what its own allocations met.

    `accepts` and `refuses` are kids that a relay took and answered with 401; `signs` is the kid of a minter.
    `renewed_s` is when the agent was last heard.
    """

    pod: str
    role: Role
    revision: int = 0
    accepts: frozenset[str] = frozenset()
    refuses: frozenset[str] = frozenset()
    signs: str = ""
    renewed_s: int = 0


Acks = Iterable[Ack]


@dataclass(frozen=True, kw_only=True)
class Spec:
    """What somebody wants of the ring. `triggers` are free texts, each new one a rotation; `revoke` are kids.

    `abort` is the id of a rotation that is to end while it propagates.
    """

    uid: str
    ttl_s: int = 3600
    clock_skew_s: int = 60
    schedule: Schedule | None = None
    triggers: tuple[str, ...] = ()
    revoke: frozenset[str] = frozenset()
    abort: str = ""
    is_paused: bool = False
