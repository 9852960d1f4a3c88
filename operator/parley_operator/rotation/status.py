"""What `kubectl get` and `kubectl describe` say of a rotation: pure, from what was seen and what had been told before.

The ring is the truth; the status only tells it, and holds nothing of a secret. Next: `handlers.py`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from parley_operator.ring.decide import Wait
from parley_operator.ring.document import told
from parley_operator.ring.model import Ack, Outcome, Phase, Ring, Role
from parley_operator.ring.rules import drained_s
from parley_operator.rotation.reconcile import Looked
from parley_operator.rotation.spec import Wanted

_SENTENCES = {
    "NoReplica": "No pod of the kind {pods} has acknowledged the ring; look at its agent's log and at the labels.",
    "ReplicaUnknown": "Nothing was heard for a minute of {pods}; bring it back, or delete the Pod.",
    "ReplicaBehind": "Waiting for {pods} to apply the newest ring.",
    "CanaryFailed": "No allocation with the next key came about at {pods}; look at its coturn.",
    "OldKeySigns": "Waiting for {pods} to sign with the new key.",
    "OldKeyAccepted": "Waiting for {pods} to refuse the old key.",
    "Draining": "Credentials of the old key may still be about.",
    "Paused": "spec.paused is set.",
    "Idle": "Nothing is to be done.",
    "NoSecret": "The Secret {pods} does not exist; create it without content.",
    "RingUnreadable": "The Secret {pods} holds no ring; put the last good one back under ring.json.",
    "RingLost": "The Secret {pods} holds no ring, or one older than its agents apply; put the last good one back.",
    "Forbidden": "The operator may not read or change the Secret {pods}, or list Leases; put its Role back.",
}
_AFTER_PROPAGATING = (Phase.SWITCHING, Phase.DRAINING, Phase.REVOKING, Phase.IDLE)
_AFTER_SWITCHING = (Phase.DRAINING, Phase.REVOKING, Phase.IDLE)


def sentence(wait: Wait) -> str:
    """What is waited for, and what to do if that does not end by itself."""
    return _SENTENCES.get(wait.reason, "{pods}").format(pods=", ".join(wait.pods))


def status(wanted: Wanted, looked: Looked, before: Mapping[str, Any], generation: int, now_s: int) -> dict[str, Any]:
    """The status to write. Where the cluster did not answer it is the one before; what is forbidden is told."""
    if not looked.is_known:
        return dict(before) | (_refused(looked.wait, before, now_s) if looked.wait.is_blocked else {})
    found = {"observedGeneration": generation, "conditions": _conditions(wanted, looked, before, now_s)}
    return found | (
        _of_ring(wanted, looked.ring, looked)
        if looked.ring
        else {"phase": "Unknown", "waitingFor": sentence(looked.wait)}
    )


def bad_spec(message: str, before: Mapping[str, Any], generation: int, now_s: int) -> dict[str, Any]:
    """The status of an object that asks for what there is not."""
    facts = [("Ready", False, "BadSpec", message), ("Blocked", True, "BadSpec", message)]
    return {"observedGeneration": generation, "phase": "Unknown", "conditions": _stamped(facts, before, now_s)}


def _refused(wait: Wait, before: Mapping[str, Any], now_s: int) -> dict[str, Any]:
    words = sentence(wait)
    new = _stamped([("Ready", "Unknown", wait.reason, words), ("Blocked", "True", wait.reason, words)], before, now_s)
    others = [it for it in before.get("conditions") or () if it["type"] not in ("Ready", "Blocked")]
    return {"conditions": [*new, *others], "waitingFor": words}


def _of_ring(wanted: Wanted, ring: Ring, looked: Looked) -> dict[str, Any]:
    relays, minters = ([it for it in looked.acks if it.role is role] for role in (Role.RELAY, Role.MINTER))
    newest = ring.next or ring.current
    drains = ring.phase is Phase.DRAINING
    return {
        "phase": ring.phase.value,
        "revision": ring.revision,
        "rotationID": ring.rotation.id if ring.rotation else None,
        "keys": [{"kid": it.kid, "state": it.state.value, "createdAt": told(it.created_s)} for it in ring.keys],
        "coturn": _count(relays, ring) | {"canaryPassed": sum(newest.kid in it.accepts for it in relays)},
        "minters": _count(minters, ring) | {"signing": sum(it.signs == ring.current.kid for it in minters)},
        "waitingFor": sentence(looked.wait),
        "drainUntil": told(drained_s(ring, wanted.spec.clock_skew_s)) if drains else None,
        "nextRotation": told(looked.wait.until_s) if ring.phase is Phase.IDLE and looked.wait.until_s else None,
        "lastRotation": ring.last and _outcome(ring.last),
        "lastTrigger": next((it for it in ring.handled if it), None),
    }


def _outcome(it: Outcome) -> dict[str, str]:
    return {"id": it.id, "endedAt": told(it.ended_s), "result": it.result}


def _count(acks: Sequence[Ack], ring: Ring) -> dict[str, int]:
    return {"total": len(acks), "acked": sum(it.revision >= ring.revision for it in acks)}


def _conditions(wanted: Wanted, looked: Looked, before: Mapping[str, Any], now_s: int) -> list[dict[str, Any]]:
    ring, wait, words = looked.ring, looked.wait, sentence(looked.wait)
    is_late = ring is not None and _is_late(wanted, ring, now_s)
    facts = [
        ("Ready", ring is not None and not wait.is_blocked and not is_late, wait.reason, words),
        ("Blocked", wait.is_blocked, wait.reason, words),
    ]
    if ring is not None:
        phase, is_aborted = ring.phase, ring.rotation is not None and ring.rotation.is_aborted
        facts += [
            ("Rotating", phase is not Phase.IDLE, phase.value, words),
            ("Propagated", phase in _AFTER_PROPAGATING and not is_aborted, phase.value, ""),
            ("MintingSwitched", phase in _AFTER_SWITCHING and not is_aborted, phase.value, ""),
            ("Degraded", is_late, "ProgressDeadlineExceeded" if is_late else "InTime", words if is_late else ""),
            ("KeyTooOld", _is_old(wanted, ring, now_s), "Age", f"The key signs since {told(ring.current.created_s)}."),
        ]
    return _stamped(facts, before, now_s)


def _is_late(wanted: Wanted, ring: Ring, now_s: int) -> bool:
    if ring.rotation is None:
        return False
    begun_s = drained_s(ring, wanted.spec.clock_skew_s) if ring.phase is Phase.DRAINING else ring.rotation.since_s
    return now_s - begun_s > wanted.deadline_s


def _is_old(wanted: Wanted, ring: Ring, now_s: int) -> bool:
    """By more than a whole period."""
    schedule = wanted.spec.schedule
    return schedule is not None and now_s - ring.current.created_s > 2 * schedule.every_s


def _stamped(
    facts: Sequence[tuple[str, bool | str, str, str]], before: Mapping[str, Any], now_s: int
) -> list[dict[str, Any]]:
    """Conditions whose time is that of their last change."""
    had = {it["type"]: it for it in before.get("conditions") or ()}
    made = []
    for kind, holds, reason, message in facts:
        value, old = str(holds), had.get(kind, {})
        since = old.get("lastTransitionTime") if old.get("status") == value else None
        made.append(
            {
                "type": kind,
                "status": value,
                "reason": reason,
                "message": message,
                "lastTransitionTime": since or told(now_s),
            }
        )
    return made
