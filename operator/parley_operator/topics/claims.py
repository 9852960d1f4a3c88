"""All KafkaTopic objects as they were last heard of, which of them are rivals, and what was last written on them.

A watch that has died silently is found here: what a listing brought and no event ever did. Next: `engine.py`.
"""

from collections.abc import Collection
from dataclasses import replace

from parley_operator.topics.model import Claim, Status


class Claims:
    """Objects by uid. A method that changes one returns the uids of those whose plan may be another now."""

    def __init__(self) -> None:
        self._known: dict[str, Claim] = {}
        self._by_topic: dict[str, set[str]] = {}
        self._written: dict[str, Status] = {}
        self._heard: set[str] = set()
        self._unheard: set[str] = set()

    def __len__(self) -> int:
        return len(self._known)

    def uids(self) -> Collection[str]:
        """Of all of them."""
        return tuple(self._known)

    def get(self, uid: str) -> Claim | None:
        """The object, with what this process wrote last: an event may be older than that."""
        claim = self._known.get(uid)
        return claim and replace(claim, status=self._written.get(uid, claim.status))

    def is_written(self, uid: str, status: Status) -> bool:
        """Whether this status is what the object was last seen with."""
        return uid in self._known and self._known[uid].status == status

    def wrote(self, uid: str, status: Status) -> None:
        """Remember what was written."""
        if uid in self._known:
            self._written[uid] = status
            self._known[uid] = replace(self._known[uid], status=status)

    def rival(self, claim: Claim) -> Claim | None:
        """Who has the older claim to its topic; of one that is being deleted, anybody who has a claim to it."""
        others = (self._known[uid] for uid in self._by_topic.get(claim.topic_name or "", ()) if uid != claim.uid)
        if claim.deleting:
            return min(others, key=_seniority, default=None)
        return min(
            (it for it in others if not it.deleting and it.seniority < claim.seniority), key=_seniority, default=None
        )

    def heard(self, claim: Claim) -> Collection[str]:
        """An event told of this object."""
        self._heard.add(claim.uid)
        self._unheard.discard(claim.uid)
        return self._put(claim)

    def gone(self, uid: str) -> Collection[str]:
        """An event told that there is no such object any more, or somebody tried to write on it."""
        self._heard.add(uid)
        self._unheard.discard(uid)
        return self._drop(uid)

    def begin_listing(self) -> None:
        """From now on events are newer than the listing that is being asked for."""
        self._heard.clear()

    def listed(self, claims: Collection[Claim]) -> bool:
        """All objects as they were when the listing began. Returns whether the watch still tells.

        It does not if the listing before this one brought something of which no event has come since.
        """
        is_alive = not self._unheard
        new = {claim.uid: claim for claim in claims if claim.uid not in self._heard}
        for uid in set(self._known) - {claim.uid for claim in claims} - self._heard:
            self._unheard.discard(uid)
            self._drop(uid)
        self._unheard = {uid for uid, claim in new.items() if _print(self._known.get(uid)) != _print(claim)}
        for claim in new.values():
            self._put(claim)
        return is_alive

    def _put(self, claim: Claim) -> Collection[str]:
        before = self._known.get(claim.uid)
        self._known[claim.uid] = claim
        if _print(before) == _print(claim):
            return ()
        touched = self._forget_topic(before) if before else set()
        uids = self._by_topic.setdefault(claim.topic_name or "", set())
        uids.add(claim.uid)
        return touched | uids if claim.topic_name else touched | {claim.uid}

    def _drop(self, uid: str) -> Collection[str]:
        self._written.pop(uid, None)
        before = self._known.pop(uid, None)
        return self._forget_topic(before) if before else ()

    def _forget_topic(self, claim: Claim) -> set[str]:
        uids = self._by_topic[claim.topic_name or ""]
        uids.discard(claim.uid)
        if not uids:
            del self._by_topic[claim.topic_name or ""]
        return set(uids) if claim.topic_name else set()


def _seniority(claim: Claim) -> tuple[str, str, str, str]:
    return claim.seniority


def _print(claim: Claim | None) -> object:
    """What of an object may change its plan. Its status may not: nobody but the operator writes that."""
    return claim and (claim.generation, claim.deleting, claim.held, claim.accepted_id)
