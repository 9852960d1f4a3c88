"""A small cluster that rotates its TURN secrets, as plain values: what a state is, and what agents make of one.

Next: `ring_search.py`, which looks at every history of it.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

from parley_operator.ring.model import Ack, Ring, Role

TTL, SKEW, NOW = 2, 1, 1_000_000
"""In ticks of the model's clock. The second operator's clock is SKEW ahead."""

LIVE, GONE, LEASED, READ = range(4)
"""What a pod is: at work (with what it has), not there, there with a Lease that acknowledges nothing, ring in hand."""


class View(NamedTuple):
    """What an agent takes from one revision of the ring."""

    accepted: frozenset[str]
    retired: frozenset[str]
    signing: str


class State(NamedTuple):
    """`relays` have (LIVE, written, in effect, acknowledged, seen by the canary), `minters` (LIVE, applied,
    acknowledged), as revisions. `left` is for how long the newest credential of a kid may last yet."""

    ring: int
    history: int
    relays: tuple[tuple[int, ...], ...]
    minters: tuple[tuple[int, ...], ...]
    operators: tuple[tuple, ...]
    left: tuple[tuple[str, int], ...]
    replaceable: int
    wish: int


IDLE = ()


@dataclass(frozen=True, kw_only=True)
class World:
    """How big, and which slips of the machinery around the rules are tried."""

    relays: int = 2
    minters: int = 2
    operators: int = 2
    replaced: int = 0
    wishes: int = 1
    can_abort: bool = False
    reads_before_lease: bool = False
    lists_all: bool = True
    compares: bool = True
    keeps_since: bool = False
    limit: int = 400_000


def view(ring: Ring) -> View:
    """What agents take from this ring."""
    accepted, retired = (frozenset(key.kid for key in keys) for keys in (ring.keys, ring.retired))
    return View(accepted, retired, ring.current.kid)


def relay_ack(views: tuple[View, ...], relay: tuple[int, ...]) -> Ack:
    """The Lease of a relay: its canary met what was in effect then."""
    if relay[0] != LIVE or not relay[3]:
        return Ack(pod="relay", role=Role.RELAY, renewed_s=NOW)
    _, _, _, acked, seen = relay
    retired = views[acked - 1].retired
    accepts = views[seen - 1].accepted
    refuses = retired - accepts
    return Ack(pod="relay", role=Role.RELAY, revision=acked, accepts=accepts, refuses=refuses, renewed_s=NOW)


def minter_ack(views: tuple[View, ...], minter: tuple[int, ...]) -> Ack:
    """The Lease of a minter."""
    if minter[0] != LIVE or not minter[2]:
        return Ack(pod="minter", role=Role.MINTER, renewed_s=NOW)
    return Ack(pod="minter", role=Role.MINTER, revision=minter[2], signs=views[minter[2] - 1].signing, renewed_s=NOW)


def timeless(ring: Ring, *, keeps_since: bool) -> Ring:
    """Without the times that no rule of the model looks at."""
    rotation = ring.rotation if keeps_since or ring.rotation is None else replace(ring.rotation, since_s=NOW)
    keys, retired = (tuple(replace(key, created_s=NOW) for key in keys) for keys in (ring.keys, ring.retired))
    last = ring.last and replace(ring.last, ended_s=NOW)
    return replace(ring, keys=keys, retired=retired, rotation=rotation, last=last)


def older(ring: Ring) -> Ring:
    """As it looks a tick later, the clock standing still: what began longer ago than any wait is equally old."""
    if ring.rotation is None:
        return ring
    since_s, drain_s = _older(ring.rotation.since_s), ring.rotation.drain_since_s
    return replace(ring, rotation=replace(ring.rotation, since_s=since_s, drain_since_s=drain_s and _older(drain_s)))


def _older(moment_s: int) -> int:
    return max(moment_s - 1, NOW - TTL - 2 * SKEW - 1)


def put(state: State, field: str, at: int, value: tuple) -> State:
    """The state with another relay, minter or operator there."""
    values = getattr(state, field)
    return state._replace(**{field: (*values[:at], value, *values[at + 1 :])})


def put_pod(state: State, field: str, at: int, pod: tuple[int, ...], live: tuple[int, ...]) -> State:
    """The state with a pod on its way there: as `live` once it works."""
    changed = put(state, field, at, live if pod[0] == LIVE else pod)
    return changed._replace(replaceable=state.replaceable - 1) if pod[0] == GONE else changed
