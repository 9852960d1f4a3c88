"""What a look found, written on the object: its finalizer, its status if that changed, and events.

Next: `objects.py`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum

from parley_operator.topics.claims import Claims
from parley_operator.topics.looking import Found
from parley_operator.topics.meters import TopicMeters
from parley_operator.topics.model import Claim
from parley_operator.topics.notices import notices
from parley_operator.topics.objects import Notice, ObjectGone, ObjectsUnavailable, TopicObjects
from parley_operator.topics.plan import Plan

_log = logging.getLogger("parley.operator.topics")


class Written(Enum):
    """How it went: all is told, the object needs another look soon, or there is no such object any more."""

    DONE = "done"
    OPEN = "open"
    GONE = "gone"


class Writer:
    """Writes at most `at_once` objects at a time, so that the API server is not overrun."""

    def __init__(self, objects: TopicObjects, claims: Claims, meters: TopicMeters, at_once: int) -> None:
        self._objects, self._claims, self._meters = objects, claims, meters
        self._turns = asyncio.Semaphore(at_once)

    async def write_all(self, found: Sequence[Found]) -> Sequence[Written]:
        """Write each of these."""
        return await asyncio.gather(*(self._write(it) for it in found))

    async def _write(self, found: Found) -> Written:
        async with self._turns:
            try:
                if found.plan is None:
                    await self._tell_bug(found)
                    return Written.OPEN
                return await self._write_plan(found, found.plan)
            except ObjectGone:
                return Written.GONE

    async def _write_plan(self, found: Found, plan: Plan) -> Written:
        claim = found.claim
        # The event that a change of finalizers makes brings the object back here.
        if plan.holds and not claim.held:
            return _written(await self._try("finalizer", lambda: self._objects.hold(claim)))
        if plan.holds is False and claim.held:
            return _written(await self._let_go(claim, plan))
        if not self._claims.is_written(claim.uid, plan.status) and not await self._write_status(claim, plan):
            return Written.OPEN
        for notice in notices(claim, plan.status, made=found.made, repaired=found.repaired):
            await self._tell(claim, notice)
        return _written(not found.is_open)

    async def _write_status(self, claim: Claim, plan: Plan) -> bool:
        if not await self._try("status", lambda: self._objects.write(claim, plan.status)):
            return False
        self._claims.wrote(claim.uid, plan.status)
        return True

    async def _let_go(self, claim: Claim, plan: Plan) -> bool:
        if plan.farewell is not None:
            await self._tell(claim, Notice(False, "LetGo", plan.farewell))
        return await self._try("finalizer", lambda: self._objects.let_go(claim))

    async def _tell_bug(self, found: Found) -> None:
        self._meters.bug()
        _log.error("a look at %s/%s failed", found.claim.namespace, found.claim.name, exc_info=found.bug)
        sentence = f"The operator failed at this object ({type(found.bug).__name__}); its log says more."
        await self._tell(found.claim, Notice(True, "InternalError", sentence))

    async def _tell(self, claim: Claim, notice: Notice) -> None:
        await self._try("event", lambda: self._objects.tell(claim, notice))

    async def _try(self, what: str, write: Callable[[], Awaitable[None]]) -> bool:
        try:
            await write()
        except ObjectsUnavailable as error:
            self._meters.unwritten(what)
            _log.warning("the API server did not take the %s of an object: %s", what, error)
            return False
        return True


def _written(is_done: bool) -> Written:
    return Written.DONE if is_done else Written.OPEN
