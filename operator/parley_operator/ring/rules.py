"""The waits: for each step of a rotation, which pods it waits for, or until when. Pure.

Each of them keeps the promise that no unexpired credential is refused; a test takes them away one by one and must find
a history that breaks it. They name keys, not revisions. An agent makes its Lease before it reads the ring, so that one
who is not in a list of Leases yet will read a ring at least as far on as what is acknowledged there. Next: `decide.py`.
"""

from collections.abc import Sequence

from parley_operator.ring.model import Ack, Acks, Ring, Role

SILENT_S = 60
"""After this long an agent counts as silent: three heartbeats have been missed. It is waited for all the same."""

MARGIN_S = 5
"""For a credential that was being signed when its minter switched."""

EMERGENCY_S = 60
"""How long a leaked key stays because a minter does not answer."""


def relays_without_next(ring: Ring, acks: Acks) -> Sequence[Ack]:
    """Relays whose canary was not seen to get an allocation with the next key."""
    return [ack for ack in acks if ack.role is Role.RELAY and ring.next and ring.next.kid not in ack.accepts]


def minters_without_current(ring: Ring, acks: Acks) -> Sequence[Ack]:
    """Minters that may sign with another key than the current one."""
    return [ack for ack in acks if ack.role is Role.MINTER and ack.signs != ring.current.kid]


def relays_with_retired(ring: Ring, acks: Acks) -> Sequence[Ack]:
    """Relays whose canary was not seen to be refused with what was retired."""
    retired = {key.kid for key in ring.retired}
    return [ack for ack in acks if ack.role is Role.RELAY and not retired <= ack.refuses]


def drain_begins_s(now_s: int, ring: Ring) -> int:
    """From when on nobody signs with the previous key: the last acknowledgement has been seen now."""
    return now_s


def drained_s(ring: Ring, clock_skew_s: int) -> int:
    """From when on no unexpired credential of the previous key can be about."""
    rotation, previous = ring.rotation, ring.previous
    if rotation is None or rotation.drain_since_s is None or previous is None:
        raise ValueError("nothing drains in this ring")
    return rotation.drain_since_s + previous.longest_ttl_s + clock_skew_s + MARGIN_S


def is_silent(ack: Ack, now_s: int) -> bool:
    """Whether nothing has been heard of this agent for too long."""
    return now_s - ack.renewed_s > SILENT_S
