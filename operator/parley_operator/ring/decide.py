"""Which ring comes after this one, or what is being waited for: one pure function, and what it answers.

A step is one compare-and-set of the ring, so that whoever crashes or is doubled between two of them does no harm.
Rotations only go forward once a minter may have switched. Next: `rules.py`, the waits.
"""

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from parley_operator.ring import rules
from parley_operator.ring.model import Ack, Fresh, Key, Outcome, Phase, Ring, Role, Rotation, Spec, State
from parley_operator.ring.schedule import next_s


@dataclass(frozen=True)
class Step:
    """Store this ring if nobody stored another one meanwhile. `event` is for people, empty where nothing is to tell."""

    ring: Ring
    event: str = ""


@dataclass(frozen=True)
class Wait:
    """Nothing to do before `until_s` (None: before somebody speaks). `reason` is one word, `pods` who is waited for.

    `is_blocked` says that it does not end by itself.
    """

    reason: str
    pods: tuple[str, ...] = ()
    until_s: int | None = None
    is_blocked: bool = False


Decision = Step | Wait


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a decision is made of. `acks` are of all Leases of this ring at one moment."""

    ring: Ring
    acks: Collection[Ack]
    spec: Spec
    now_s: int
    fresh: Fresh


def first_ring(spec: Spec, now_s: int, fresh: Fresh) -> Ring:
    """The ring of a Secret that is still empty."""
    key = Key(fresh.kid, fresh.secret, State.CURRENT, now_s, spec.ttl_s)
    return Ring(revision=1, ttl_s=spec.ttl_s, keys=(key,), handled=spec.triggers)


def decide(seen: Seen) -> Decision:
    """The next step of a rotation, or what it waits for."""
    if seen.spec.is_paused:
        return Wait("Paused")
    return _PHASES[seen.ring.phase](seen)


def rotation_id(spec: Spec, cause: str) -> str:
    """The same for the same cause, so that it is told apart from the next one and never made twice."""
    return hashlib.sha256(f"{spec.uid}/{cause}".encode()).hexdigest()[:16]


def _idle(seen: Seen) -> Decision:
    ring, spec = seen.ring, seen.spec
    if ring.current.kid in spec.revoke:
        return _begin(seen, f"revoke/{ring.current.kid}", is_emergency=True)
    if any(wanted and wanted != had for wanted, had in _triggers(seen)):
        return _begin(seen, f"trigger/{spec.triggers}/{ring.current.kid}")
    if any(had and not wanted for wanted, had in _triggers(seen)):
        return Step(replace(ring, handled=spec.triggers))
    if ring.ttl_s != spec.ttl_s:
        return Step(_with_ttl(ring, spec.ttl_s))
    if spec.schedule is None:
        return Wait("Idle")
    begin_s = next_s(spec.schedule, ring.current.created_s, f"{spec.uid}/{ring.current.kid}", seen.now_s)
    if begin_s > seen.now_s:
        return Wait("Idle", until_s=begin_s)
    return _begin(seen, f"schedule/{ring.current.kid}")


def _triggers(seen: Seen) -> Sequence[tuple[str, str]]:
    """Each trigger as it is wanted, and as it was handled."""
    had = seen.ring.handled + ("",) * (len(seen.spec.triggers) - len(seen.ring.handled))
    return list(zip(seen.spec.triggers, had, strict=False))


def _with_ttl(ring: Ring, ttl_s: int) -> Ring:
    # A key drains for the longest time that was ever promised with it.
    kept = replace(ring.current, longest_ttl_s=max(ttl_s, ring.current.longest_ttl_s))
    return replace(ring, revision=ring.revision + 1, ttl_s=ttl_s, keys=(kept,))


def _begin(seen: Seen, cause: str, *, is_emergency: bool = False) -> Step:
    """The next key is made and stored in the same step, so that there are never two."""
    ring, fresh = seen.ring, seen.fresh
    added = Key(fresh.kid, fresh.secret, State.NEXT, seen.now_s, ring.ttl_s)
    rotation = Rotation(rotation_id(seen.spec, cause), seen.now_s, is_emergency=is_emergency)
    begun = _changed(ring, (*ring.keys, added), rotation)
    return Step(replace(begun, handled=seen.spec.triggers), "EmergencyRevoke" if is_emergency else "RotationStarted")


def _changed(ring: Ring, keys: tuple[Key, ...], rotation: Rotation | None, retired: tuple[Key, ...] = ()) -> Ring:
    return replace(ring, revision=ring.revision + 1, keys=keys, rotation=rotation, retired=retired)


def _propagating(seen: Seen) -> Decision:
    ring, spec, rotation, following = seen.ring, seen.spec, _rotation(seen), _key(seen.ring.next)
    if spec.abort == rotation.id or following.kid in spec.revoke:
        aborted = replace(rotation, since_s=seen.now_s, is_aborted=True)
        return Step(_changed(ring, (ring.current,), aborted, retired=(following,)), "RotationAborted")
    if ring.current.kid in spec.revoke and not rotation.is_emergency:
        return Step(replace(ring, rotation=replace(rotation, is_emergency=True)), "EmergencyRevoke")
    waiting = _for_some(seen, Role.RELAY) or _for(seen, "CanaryFailed", rules.relays_without_next(ring, seen.acks))
    if waiting:
        return waiting
    switched = (replace(following, state=State.CURRENT), replace(ring.current, state=State.PREVIOUS))
    return Step(_changed(ring, switched, replace(rotation, since_s=seen.now_s)), "Propagated")


def _switching(seen: Seen) -> Decision:
    ring, rotation, previous = seen.ring, _rotation(seen), _key(seen.ring.previous)
    is_leaked = rotation.is_emergency or previous.kid in seen.spec.revoke
    if not (is_leaked and seen.now_s >= rotation.since_s + rules.EMERGENCY_S):
        behind = _for(seen, "OldKeySigns", rules.minters_without_current(ring, seen.acks))
        waiting = _for_some(seen, Role.MINTER) or behind
        if waiting:
            return waiting
    if is_leaked:
        return _retire(seen, is_leaked=True)
    begun = replace(rotation, since_s=seen.now_s, drain_since_s=rules.drain_begins_s(seen.now_s, ring))
    return Step(replace(ring, rotation=begun), "MintingSwitched")


def _draining(seen: Seen) -> Decision:
    if _key(seen.ring.previous).kid in seen.spec.revoke:
        return _retire(seen, is_leaked=True)
    until_s = rules.drained_s(seen.ring, seen.spec.clock_skew_s)
    return _retire(seen) if seen.now_s >= until_s else Wait("Draining", until_s=until_s)


def _retire(seen: Seen, *, is_leaked: bool = False) -> Step:
    before = _rotation(seen)
    rotation = replace(before, since_s=seen.now_s, is_emergency=before.is_emergency or is_leaked)
    return Step(_changed(seen.ring, (seen.ring.current,), rotation, retired=(_key(seen.ring.previous),)))


def _revoking(seen: Seen) -> Decision:
    ring, rotation = seen.ring, _rotation(seen)
    waiting = _for(seen, "OldKeyAccepted", rules.relays_with_retired(ring, seen.acks))
    if waiting:
        return waiting
    result = "Aborted" if rotation.is_aborted else "Emergency" if rotation.is_emergency else "Completed"
    ended = Outcome(rotation.id, seen.now_s, result)
    return Step(replace(ring, retired=(), rotation=None, last=ended), "OldKeyRevoked")


def _for_some(seen: Seen, role: Role) -> Wait | None:
    """Nobody at all is rather a mistake in a label than an empty cluster."""
    return None if any(ack.role is role for ack in seen.acks) else Wait("NoReplica", (role.value,), is_blocked=True)


def _for(seen: Seen, reason: str, missing: Sequence[Ack]) -> Wait | None:
    """For these pods. Those that have not been heard are told first, then those that have not come to this revision."""
    silent = [ack for ack in missing if rules.is_silent(ack, seen.now_s)]
    behind = [ack for ack in missing if ack.revision < seen.ring.revision]
    if silent:
        return Wait("ReplicaUnknown", _pods(silent), is_blocked=True)
    if behind:
        return Wait("ReplicaBehind", _pods(behind))
    return Wait(reason, _pods(missing), is_blocked=True) if missing else None


def _pods(acks: Sequence[Ack]) -> tuple[str, ...]:
    return tuple(sorted(ack.pod for ack in acks))


def _rotation(seen: Seen) -> Rotation:
    if seen.ring.rotation is None:
        raise ValueError("the ring is between two keys, and of no rotation")
    return seen.ring.rotation


def _key(key: Key | None) -> Key:
    if key is None:
        raise ValueError("the ring lacks the key of its phase")
    return key


_PHASES: dict[Phase, Callable[[Seen], Decision]] = {
    Phase.IDLE: _idle,
    Phase.PROPAGATING: _propagating,
    Phase.SWITCHING: _switching,
    Phase.DRAINING: _draining,
    Phase.REVOKING: _revoking,
}
