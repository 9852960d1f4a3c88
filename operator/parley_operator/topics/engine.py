"""Keeps the topics of all KafkaTopic objects as they are declared: what events tell soon, everything now and then.

Level-triggered: each look starts from what is there, so that it does not matter which event was lost or came twice, or
where a process died before. One look at a time, up to a hundred objects in each. While Kafka is away all objects say so
and one batch asks again, less and less often. Next: `looking.py`, one look; `writing.py`, what is told.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from parley_operator.topics.claims import Claims
from parley_operator.topics.looking import Found, Looker, Planner
from parley_operator.topics.lookqueue import LookQueue
from parley_operator.topics.meters import TopicMeters
from parley_operator.topics.model import Claim
from parley_operator.topics.objects import ObjectsUnavailable, TopicObjects
from parley_operator.topics.planning import plan
from parley_operator.topics.port import KafkaUnavailable, Topics
from parley_operator.topics.writing import Writer, Written

_log = logging.getLogger("parley.operator.topics")


class WatchLost(Exception):
    """Objects have changed and no event told of it. Only a new process gets a new watch."""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast it goes. All times in seconds."""

    most: int = 100
    """Objects in a batch: one request to Kafka answers for so many within a second or two."""
    linger_s: float = 0.1
    """How long a batch waits for more, because objects seldom come alone."""
    resync_s: float = 120.0
    """All objects are looked at so often, a tenth more or less: that is how long drift in Kafka may last."""
    writes_at_once: int = 20
    """Writes that the API server gets at the same time."""
    first_pause_s: float = 0.25
    longest_pause_s: float = 60.0
    """How long something is left alone that did not work, doubled from the first to the longest."""


class Engine:
    """Looks at objects as they come and all of them in turn. `run` until it is cancelled."""

    def __init__(
        self,
        objects: TopicObjects,
        topics: Topics,
        meters: TopicMeters,
        pace: Pace | None = None,
        plan_one: Planner = plan,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._pace = pace or Pace()
        self.claims = Claims()
        self._objects, self._meters, self._clock = objects, meters, clock
        self._queue = LookQueue(self._pace.most, self._pace.linger_s)
        self._looker = Looker(topics, self.claims, meters, plan_one)
        self._writer = Writer(objects, self.claims, meters, self._pace.writes_at_once)
        self._tries: dict[str, int] = {}
        self._outage = 0
        self._is_looking = False
        self.resynced_at: datetime | None = None

    def heard(self, claim: Claim) -> None:
        """An event told of this object: it is new, or has changed."""
        self._queue.offer(self.claims.heard(claim))

    def gone(self, uid: str) -> None:
        """An event told that this object is gone."""
        self._tries.pop(uid, None)
        if (claim := self.claims.get(uid)) is not None:
            self._looker.known(claim.topic_name)
        self._queue.offer(self.claims.gone(uid))

    @property
    def is_idle(self) -> bool:
        """Whether no object waits to be looked at, or is being looked at."""
        return not len(self._queue) and not self._is_looking

    async def run(self) -> None:
        """Raises WatchLost when events have stopped coming, and whatever is a mistake of ours in here."""
        # Who has the older claim to a topic is known only when all are known.
        await self.resync()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._list_forever())
            tasks.create_task(self._look_forever())

    async def _list_forever(self) -> None:
        while True:
            await asyncio.sleep(self._pace.resync_s * _spread(0.9, 1.1))
            await self.resync()

    async def resync(self) -> None:
        """List all objects and have each looked at. Raises WatchLost."""
        failed = 0
        while True:
            self.claims.begin_listing()
            try:
                found = await self._objects.listed()
                break
            except ObjectsUnavailable as error:
                _log.warning("the KafkaTopic objects cannot be listed: %s", error)
                failed += 1
                await asyncio.sleep(self._pause(failed))
        if not self.claims.listed(found):
            raise WatchLost("a listing has brought a change of which no event came")
        self._queue.offer(self.claims.uids())
        self.resynced_at = self._clock()
        self._meters.resynced(self.resynced_at.timestamp())

    async def _look_forever(self) -> None:
        while True:
            uids = await self._queue.batch()
            self._is_looking = True
            await self._look([claim for uid in uids if (claim := self.claims.get(uid)) is not None])
            known = (claim for uid in self.claims.uids() if (claim := self.claims.get(uid)) is not None)
            self._meters.counted((claim.status for claim in known), len(self._queue))
            self._is_looking = False

    async def _look(self, batch: Sequence[Claim]) -> None:
        begun = asyncio.get_running_loop().time()
        try:
            found = await self._looker.look(batch, self._now())
        except KafkaUnavailable as error:
            await self._outlast(str(error))
            return
        if self._outage:
            _log.info("Kafka answers again")
        self._outage = 0
        self._meters.kafka(is_up=True)
        await self._tell(found)
        self._meters.looked(asyncio.get_running_loop().time() - begun)

    async def _outlast(self, sentence: str) -> None:
        """Tell on all objects that Kafka is away, and wait for a while, longer each time."""
        if not self._outage:
            _log.warning("Kafka is away: %s", sentence)
        self._outage += 1
        self._meters.kafka(is_up=False)
        every = [claim for uid in self.claims.uids() if (claim := self.claims.get(uid)) is not None]
        await self._writer.write_all(self._looker.without_kafka(every, sentence, self._now()))
        self._queue.offer(self.claims.uids())
        await asyncio.sleep(self._pause(self._outage))

    async def _tell(self, found: Sequence[Found]) -> None:
        for it, written in zip(found, await self._writer.write_all(found), strict=True):
            self._follow(it, written)

    def _follow(self, found: Found, written: Written) -> None:
        uid = found.claim.uid
        match written:
            case Written.DONE:
                self._tries.pop(uid, None)
                self._looker.known(found.claim.topic_name)
            case Written.OPEN:
                self._tries[uid] = self._tries.get(uid, 0) + 1
                self._queue.offer([uid], self._pause(self._tries[uid]))
            case Written.GONE:
                self.gone(uid)

    def _pause(self, failed: int) -> float:
        longest = min(self._pace.longest_pause_s, self._pace.first_pause_s * 2.0 ** min(failed - 1, 16))
        return longest * _spread(0.5, 1.0)

    def _now(self) -> str:
        return self._clock().strftime("%Y-%m-%dT%H:%M:%SZ")


def _spread(least: float, most: float) -> float:
    return random.uniform(least, most)  # noqa: S311 -- spreads, protects nothing
