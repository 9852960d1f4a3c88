"""The ring as the text in its Secret and in the file of rtc-service: JSON, of which rtc-service reads a part.

Whoever writes `keys` and `maxCredentialTTLSeconds` otherwise than here makes minters keep their last good ring; a test
holds both ends together. Next: `model.py`.
"""

import json
import re
from datetime import UTC, datetime
from typing import Any

from parley_operator.ring.model import Key, Outcome, Ring, Rotation, State

_SECRET = re.compile(r"[0-9A-Za-z]{1,127}")
"""What every store of coturn holds unchanged; ours are hexadecimal."""


class Unreadable(ValueError):
    """The text is no ring. The sentence repeats nothing of it."""


def write(ring: Ring) -> str:
    """The text of a ring."""
    document = {
        "revision": ring.revision,
        "maxCredentialTTLSeconds": ring.ttl_s,
        "keys": [_written(key) for key in ring.keys],
        "retired": [_written(key) for key in ring.retired],
        "rotation": ring.rotation and _written_rotation(ring.rotation),
        "handledTriggers": list(ring.handled),
        "lastRotation": ring.last and _written_outcome(ring.last),
    }
    return json.dumps(document, indent=2) + "\n"


def read(text: str) -> Ring:
    """The ring of a text. Raises Unreadable."""
    try:
        ring = _read(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError):
        # What is wrong could only be told by repeating it.
        raise Unreadable("the ring is not JSON as the operator writes it") from None
    _check(ring)
    return ring


def _check(ring: Ring) -> None:
    states = [key.state for key in ring.keys]
    if states.count(State.CURRENT) != 1 or len(set(states)) != len(states) or {State.NEXT, State.PREVIOUS} <= {*states}:
        raise Unreadable("the ring needs one current key, and beside it a next or a previous one")
    if ring.phase != "Idle" and ring.rotation is None:
        raise Unreadable("the ring is between two keys, and of no rotation")
    known = [*ring.keys, *ring.retired]
    if len({key.kid for key in known}) != len(known) or len({key.secret for key in known}) != len(known):
        raise Unreadable("two keys of the ring are the same")
    if not all(_SECRET.fullmatch(key.secret) and key.kid for key in known):
        raise Unreadable("a secret has 1 to 127 letters and digits, and a kid")
    if ring.revision < 1 or ring.ttl_s < 1:
        raise Unreadable("revision and maxCredentialTTLSeconds count from 1")


def _written(key: Key) -> dict[str, Any]:
    return {
        "kid": key.kid,
        "secret": key.secret,
        "state": key.state.value,
        "createdAt": told(key.created_s),
        "longestTTLSeconds": key.longest_ttl_s,
    }


def _written_rotation(rotation: Rotation) -> dict[str, Any]:
    return {
        "id": rotation.id,
        "since": told(rotation.since_s),
        "drainSince": None if rotation.drain_since_s is None else told(rotation.drain_since_s),
        "emergency": rotation.is_emergency,
        "aborted": rotation.is_aborted,
    }


def _written_outcome(outcome: Outcome) -> dict[str, Any]:
    return {"id": outcome.id, "endedAt": told(outcome.ended_s), "result": outcome.result}


def _read(it: dict[str, Any]) -> Ring:
    return Ring(
        revision=int(it["revision"]),
        ttl_s=int(it["maxCredentialTTLSeconds"]),
        keys=tuple(map(_read_key, it["keys"])),
        retired=tuple(map(_read_key, it.get("retired", ()))),
        rotation=_read_rotation(it["rotation"]) if it.get("rotation") else None,
        handled=tuple(map(str, it.get("handledTriggers", ()))),
        last=_read_outcome(it["lastRotation"]) if it.get("lastRotation") else None,
    )


def _read_key(it: dict[str, Any]) -> Key:
    state, made = State(it["state"]), moment_s(it["createdAt"])
    return Key(str(it["kid"]), str(it["secret"]), state, made, int(it["longestTTLSeconds"]))


def _read_rotation(it: dict[str, Any]) -> Rotation:
    drains = it.get("drainSince")
    return Rotation(
        str(it["id"]),
        moment_s(it["since"]),
        None if drains is None else moment_s(drains),
        is_emergency=bool(it.get("emergency")),
        is_aborted=bool(it.get("aborted")),
    )


def _read_outcome(it: dict[str, Any]) -> Outcome:
    return Outcome(str(it["id"]), moment_s(it["endedAt"]), str(it["result"]))


def told(moment: int) -> str:
    """A moment as Kubernetes writes it: RFC 3339, in UTC, to the second."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment_s(text: str) -> int:
    """The moment of an RFC 3339 text. Raises ValueError."""
    return int(datetime.fromisoformat(text).timestamp())
