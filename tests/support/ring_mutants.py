"""Rotations that forget one wait, or whose machinery does one thing in the wrong order: each must be found out."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from support.ring_world import World

from parley_operator.ring import rules
from parley_operator.ring.model import Role


class Mutant(NamedTuple):
    """`changed` are rules put in place of others; `world` is where the search for a history begins to be short."""

    changed: Mapping[str, Callable] = {}
    world: World = World(operators=1)


def _nobody(ring, acks):
    return []


def _any(rule: str, role: Role) -> Callable:
    """As the rule, but one pod of many is enough."""
    whole = getattr(rules, rule)

    def missing(ring, acks):
        found = whole(ring, acks)
        return found if len(found) == sum(ack.role is role for ack in acks) else []

    return missing


def _written(ring, acks):
    return [ack for ack in acks if ack.role is Role.RELAY and ack.revision < ring.revision]


_drained = rules.drained_s

MUTANTS = {
    "no relay is waited for": Mutant({"relays_without_next": _nobody}),
    "one relay is enough": Mutant({"relays_without_next": _any("relays_without_next", Role.RELAY)}),
    "what is written counts, without a canary": Mutant({"relays_without_next": _written}),
    "no minter is waited for": Mutant({"minters_without_current": _nobody}),
    "one minter is enough": Mutant({"minters_without_current": _any("minters_without_current", Role.MINTER)}),
    "pods that are not Ready are not asked": Mutant(world=World(operators=1, lists_all=False)),
    "nothing drains": Mutant({"drained_s": lambda ring, skew_s: 0}),
    "the clock starts at the switch": Mutant(
        {"drain_begins_s": lambda now_s, ring: ring.rotation.since_s}, World(operators=1, keeps_since=True)
    ),
    "clocks are taken to agree": Mutant(
        {"drained_s": lambda ring, skew_s: _drained(ring, 0)}, World(relays=1, minters=1)
    ),
    "a rotation ends before the old key is refused": Mutant({"relays_with_retired": _nobody}),
    "the ring is overwritten": Mutant(world=World(relays=1, minters=1, compares=False)),
    "an agent reads the ring before it has a Lease": Mutant(
        world=World(relays=1, minters=2, operators=1, replaced=1, reads_before_lease=True)
    ),
}
