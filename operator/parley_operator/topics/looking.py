"""One look at a batch of objects: what Kafka has, a plan for each, the plans carried out, and a second plan to tell.

An object whose plan fails by a mistake of ours is set apart and delays no other. Next: `writing.py`, which tells it.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from parley_operator.topics.acting import Done, act
from parley_operator.topics.claims import Claims
from parley_operator.topics.meters import TopicMeters
from parley_operator.topics.model import Away, Claim, Drift, Later, Refused, Seen
from parley_operator.topics.plan import Plan
from parley_operator.topics.planning import Look, plan
from parley_operator.topics.port import Topics

SETTLING_S = (0.0, 0.1, 0.4)
"""Pauses before each look at what was done. What takes longer is told as it is, and looked at later."""

Planner = Callable[[Look], Plan]


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a look at one object came to. `bug` is a mistake of ours, and then there is no plan.

    `is_open` asks for another look soon. `repaired` is what was not as declared and has been put right.
    """

    claim: Claim
    plan: Plan | None = None
    bug: Exception | None = None
    made: bool = False
    is_open: bool = False
    repaired: Sequence[Drift] = ()


class Looker:
    """Looks at objects. `plan_one` is `plan`; a test may hand over another."""

    def __init__(self, topics: Topics, claims: Claims, meters: TopicMeters, plan_one: Planner = plan) -> None:
        self._topics, self._claims, self._meters, self._plan = topics, claims, meters, plan_one
        self._made: set[str] = set()

    async def look(self, batch: Sequence[Claim], now: str) -> Sequence[Found]:
        """Look at these, act, and look again at those that were acted on. Raises KafkaUnavailable."""
        first = self._plans(batch, await self._see(batch), now, {})
        # An object that must wait for us waits before its topic is made: else it could vanish without its topic.
        able = [it for it in first if it.plan is not None and not (it.plan.holds and not it.claim.held)]
        actions = {str(it.claim.topic_name): it.plan.actions for it in able if it.plan and it.plan.actions}
        done = await act(self._topics, actions, self._meters)
        self._made |= {name for name, it in done.items() if it.made}
        acted = [it.claim for it in able if it.claim.topic_name in done]
        second = await self._look_again(acted, now, done)
        before = {it.claim.uid: it for it in first}
        after = {uid: _compared(before[uid], it) for uid, it in second.items()}
        return [after.get(it.claim.uid, it) for it in first]

    async def _look_again(self, acted: Sequence[Claim], now: str, done: Mapping[str, Done]) -> Mapping[str, Found]:
        """What has become of those that were acted on; a few looks, because brokers show a change somewhat later."""
        found: dict[str, Found] = {}
        for pause_s in SETTLING_S:
            left = [it for it in acted if it.uid not in found or found[it.uid].is_open]
            if not left:
                break
            await asyncio.sleep(pause_s)
            found.update({it.claim.uid: it for it in self._plans(left, await self._see(left), now, done)})
        return found

    def without_kafka(self, batch: Sequence[Claim], sentence: str, now: str) -> Sequence[Found]:
        """What is to be told while Kafka is away."""
        return self._plans(batch, {it.uid: Away(sentence) for it in batch}, now, {})

    def known(self, name: str | None) -> None:
        """The id of this topic has been written down, or nobody declares it any more: who made it may be forgotten."""
        self._made.discard(name or "")

    async def _see(self, batch: Sequence[Claim]) -> Mapping[str, Seen]:
        names = {it.topic_name for it in batch if it.topic_name is not None}
        found = await self._topics.describe(names) if names else {}
        return {it.uid: _seen(found.get(it.topic_name or "")) for it in batch}

    def _plans(
        self, batch: Sequence[Claim], seen: Mapping[str, Seen], now: str, done: Mapping[str, Done]
    ) -> Sequence[Found]:
        return [self._plan_one(it, seen[it.uid], now, done.get(it.topic_name or "")) for it in batch]

    def _plan_one(self, claim: Claim, seen: Seen, now: str, done: Done | None) -> Found:
        refused = done.outcome if done and isinstance(done.outcome, Refused) else None
        made = claim.topic_name in self._made
        rival = self._claims.rival(claim)
        try:
            found = self._plan(Look(claim=claim, seen=seen, now=now, rival=rival, made=made, refused=refused))
        except Exception as bug:  # noqa: BLE001 -- whatever it is, it is told on the object and stops no other
            return Found(claim=claim, bug=bug)
        is_open = found.again or bool(found.actions) or isinstance(seen, Away)
        return Found(claim=claim, plan=found, made=made, is_open=is_open)


def _seen(found: Seen | Later) -> Seen:
    return Away(found.sentence) if isinstance(found, Later) else found


def _compared(first: Found, second: Found) -> Found:
    """The second look, with what has changed since the first."""
    if second.plan is None or first.plan is None:
        return second
    left = {it.key for it in second.plan.status.drift}
    repaired = [it for it in first.plan.status.drift if it.key not in left]
    return replace(second, repaired=repaired)
