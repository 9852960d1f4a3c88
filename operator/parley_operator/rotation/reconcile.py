"""One look at one rotation: read, decide, store, and again until there is nothing to do. Every event calls this.

Whoever does it next, here or in another process, finds everything in the ring. What is remembered of it serves one
purpose: to put it back when somebody has broken it by hand.
Next: `status.py`, what is told of it.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from parley_operator.ring.decide import Seen, Step, Wait, decide, first_ring
from parley_operator.ring.document import Unreadable, read, write
from parley_operator.ring.model import Ack, Fresh, Ring
from parley_operator.rotation.ports import Away, Forbidden, NoSecret, Rings, Stored
from parley_operator.rotation.spec import Wanted

_STEPS = 10
"""More at once than a rotation has; what is left waits for the next look."""


@dataclass(frozen=True)
class Looked:
    """What there was to see at the end. `ring` is None where there is none that can be read."""

    ring: Ring | None
    wait: Wait
    acks: Sequence[Ack] = ()
    events: tuple[str, ...] = ()
    is_known: bool = True
    """False: the cluster did not answer, and what was told before may still be so."""


def fresh() -> Fresh:
    """Material for a key: a name that says nothing, and 256 random bits."""
    return Fresh(f"k{secrets.token_hex(4)}", secrets.token_hex(32))


@dataclass
class Memory:
    """The last good ring that was seen, so that it can be put back. Who has just begun has none."""

    ring: Ring | None = None

    def can_mend(self, found: Ring | None, acks: Sequence[Ack]) -> bool:
        """Whether somebody has taken the ring away, back or its keys apart, and ours is as new as any agent's."""
        mine = self.ring
        if mine is None or mine.revision < _newest(acks):
            return False
        if found is None or found.revision < mine.revision:
            return True
        # A step that changes keys counts the revision on.
        return found.revision == mine.revision and found.keys != mine.keys


async def reconcile(rings: Rings, wanted: Wanted, now_s: int, memory: Memory) -> Looked:
    """Bring a rotation as far as it comes now. Raises nothing that the cluster or the ring does."""
    events: list[str] = []
    try:
        for _ in range(_STEPS):
            looked = await _step(rings, wanted, now_s, memory, events)
            if looked:
                return looked
    except NoSecret:
        return Looked(None, Wait("NoSecret", (wanted.secret,), is_blocked=True), events=tuple(events))
    except Forbidden:
        wait = Wait("Forbidden", (wanted.secret,), is_blocked=True)
        return Looked(None, wait, events=tuple(events), is_known=False)
    except Away as away:
        return Looked(None, Wait(str(away)), events=tuple(events), is_known=False)
    return Looked(None, Wait("Busy"), events=tuple(events), is_known=False)


async def _step(rings: Rings, wanted: Wanted, now_s: int, memory: Memory, events: list[str]) -> Looked | None:
    """None if the ring was changed, by us or by another, and has to be looked at again."""
    stored = await rings.read(wanted.secret)
    found, acks = _ring(stored), await rings.acks(wanted.secret)
    if memory.ring and memory.can_mend(found, acks):
        await _store(rings, wanted, stored, Step(memory.ring, "RingRestored"), events)
        return None
    if found is None or found.revision < _newest(acks):
        return await _without_ring(rings, wanted, stored, acks, now_s)
    memory.ring = found
    decision = decide(Seen(ring=found, acks=acks, spec=wanted.spec, now_s=now_s, fresh=fresh()))
    if isinstance(decision, Wait):
        return Looked(found, decision, acks, tuple(events))
    if await _store(rings, wanted, stored, decision, events):
        memory.ring = decision.ring
    return None


async def _without_ring(rings: Rings, wanted: Wanted, stored: Stored, acks: Sequence[Ack], now_s: int) -> Looked | None:
    """A Secret that is empty before any agent has had a ring gets its first key; otherwise only a person can help."""
    if not stored.text and not _newest(acks):
        await rings.store(wanted.secret, write(first_ring(wanted.spec, now_s, fresh())), stored.version)
        return None
    if (await rings.read(wanted.secret)).version != stored.version:
        return None
    is_unreadable = stored.text and _ring(stored) is None
    return Looked(
        None, Wait("RingUnreadable" if is_unreadable else "RingLost", (wanted.secret,), is_blocked=True), acks
    )


async def _store(rings: Rings, wanted: Wanted, stored: Stored, step: Step, events: list[str]) -> bool:
    is_stored = await rings.store(wanted.secret, write(step.ring), stored.version)
    if is_stored and step.event:
        events.append(step.event)
    return is_stored


def _ring(stored: Stored) -> Ring | None:
    """None where there is none, or none that can be read."""
    try:
        return read(stored.text)
    except Unreadable:
        return None


def _newest(acks: Sequence[Ack]) -> int:
    """The revision that an agent has come to, 0 for none."""
    return max((ack.revision for ack in acks), default=0)
