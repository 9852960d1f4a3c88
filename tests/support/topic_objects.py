"""An API server for KafkaTopic objects in memory: counts writes, refuses old ones, tells a watcher of each change.

Next: `topic_claims.py`, single objects.
"""

import asyncio
from dataclasses import replace

from parley_operator.topics.model import FINALIZER, Claim, InvalidSpec, Status, TopicSpec
from parley_operator.topics.objects import ObjectGone, ObjectsUnavailable


class InMemoryObjects:
    """See the port. `watcher` hears of changes as from a watch; while `is_away` nothing is answered."""

    def __init__(self):
        self.found: dict[str, Claim] = {}
        self.writes: list[str] = []
        self.told: list[tuple[str, str]] = []
        self.watcher = None
        self.is_away = False
        self._revision = 0

    def declare(self, name, created="2026-10-01T00:00:00Z", **spec):
        """As kubectl apply: a new object, or another spec of the one that there is."""
        wanted = spec.pop("invalid", None) or TopicSpec(**{"topic_name": name, "partitions": 1, "replicas": 1, **spec})
        before = self.found.get(name)
        if before is None:
            made = {"uid": name, "namespace": "here", "name": name, "generation": 1, "created": created}
            return self._put(Claim(**made, spec=wanted))
        return self._put(replace(before, spec=wanted, generation=before.generation + 1))

    def annotate(self, name, topic_id):
        """Accept another topic."""
        self._put(replace(self.found[name], accepted_id=topic_id))

    def delete(self, name):
        """As kubectl delete: gone at once, or once nobody holds it."""
        before = self.found[name]
        if before.finalizers:
            self._put(replace(before, deleting=True, generation=before.generation + 1))
        else:
            self._remove(name)

    async def listed(self):
        await self._answer()
        return list(self.found.values())

    async def write(self, claim: Claim, status: Status):
        await self._answer()
        self.writes.append(claim.name)
        self._put(replace(self._there(claim), status=status))

    async def hold(self, claim):
        await self._answer()
        self._put(replace(self._same(claim), finalizers=(*claim.finalizers, FINALIZER)))

    async def let_go(self, claim):
        await self._answer()
        left = tuple(it for it in self._same(claim).finalizers if it != FINALIZER)
        self._put(replace(self.found[claim.name], finalizers=left))
        if claim.deleting and not left:
            self._remove(claim.name)

    async def tell(self, claim, notice):
        await self._answer()
        self.told.append((claim.name, notice.reason))

    def said(self, name, kind):
        """Status and reason of one condition, None as long as there is none."""
        condition = self.found[name].status.condition(kind)
        return condition and (condition.status, condition.reason)

    async def _answer(self):
        await asyncio.sleep(0)
        if self.is_away:
            raise ObjectsUnavailable("nobody answers")

    def _there(self, claim):
        if claim.name not in self.found:
            raise ObjectGone
        return self.found[claim.name]

    def _same(self, claim):
        if self._there(claim).resource_version != claim.resource_version:
            raise ObjectsUnavailable("it has changed")
        return self.found[claim.name]

    def _put(self, claim):
        self._revision += 1
        self.found[claim.name] = claim = replace(claim, resource_version=str(self._revision))
        if self.watcher is not None:
            self.watcher.heard(claim)

    def _remove(self, name):
        del self.found[name]
        if self.watcher is not None:
            self.watcher.gone(name)


BAD = InvalidSpec("nobody can understand this")
