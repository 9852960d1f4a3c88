"""One look at one rotation: read, decide, store, and again until there is nothing to do. Every event calls this.

It remembers nothing: whoever does it next, here or in another process, finds everything in the ring.
Next: `status.py`, what is told of it.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from parley_operator.ring.decide import Seen, Wait, decide, first_ring
from parley_operator.ring.document import Unreadable, read, write
from parley_operator.ring.model import Ack, Fresh, Ring
from parley_operator.rotation.ports import Away, NoSecret, Rings
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


async def reconcile(rings: Rings, wanted: Wanted, now_s: int) -> Looked:
    """Bring a rotation as far as it comes now. Raises nothing that the cluster or the ring does."""
    events: list[str] = []
    try:
        for _ in range(_STEPS):
            looked = await _step(rings, wanted, now_s, events)
            if looked:
                return looked
    except NoSecret:
        return Looked(None, Wait("NoSecret", (wanted.secret,), is_blocked=True), events=tuple(events))
    except Unreadable:
        return Looked(None, Wait("RingUnreadable", (wanted.secret,), is_blocked=True), events=tuple(events))
    except Away as away:
        return Looked(None, Wait(str(away)), events=tuple(events), is_known=False)
    return Looked(None, Wait("Busy"), events=tuple(events), is_known=False)


async def _step(rings: Rings, wanted: Wanted, now_s: int, events: list[str]) -> Looked | None:
    """None if the ring was changed, by us or by another, and has to be looked at again."""
    stored = await rings.read(wanted.secret)
    if not stored.text:
        begun = first_ring(wanted.spec, now_s, fresh())
        await rings.store(wanted.secret, write(begun), stored.version)
        return None
    ring, acks = read(stored.text), await rings.acks(wanted.secret)
    decision = decide(Seen(ring=ring, acks=acks, spec=wanted.spec, now_s=now_s, fresh=fresh()))
    if isinstance(decision, Wait):
        return Looked(ring, decision, acks, tuple(events))
    if await rings.store(wanted.secret, write(decision.ring), stored.version) and decision.event:
        events.append(decision.event)
    return None
