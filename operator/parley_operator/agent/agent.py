"""What an agent does all its life: a Lease first, then the ring as it comes, and what came of it said again and again.

The order matters: an operator that does not see our Lease yet has acknowledgements of a ring that we are still to read.
A ring that is older than ours, or no ring at all, changes nothing here and is told in the Lease. Next: `relay.py` and
`minter.py`, who apply it.
"""

import asyncio
import logging
import sqlite3
from dataclasses import replace

from parley_operator.agent.ports import Acknowledgements, Applied, Away, Keeper, RingSource
from parley_operator.ring.document import Unreadable, read
from parley_operator.ring.model import Ring

HEARTBEAT_S = 15.0
"""A quarter of what an operator takes for silence."""

RETRY_S = 1.0
"""Until the cluster is asked again, and the relay while its canary fails."""

_log = logging.getLogger("parley_operator.agent")


class Agent:
    """`started` is set once a ring is in force, so that the program beside us may start."""

    def __init__(self, keeper: Keeper, source: RingSource, acknowledgements: Acknowledgements) -> None:
        self._keeper, self._source, self._acknowledgements = keeper, source, acknowledgements
        self._ring: Ring | None = None
        self._refusal = ""
        self._works = False
        self._changed = asyncio.Event()
        self.started = asyncio.Event()
        self.applied = Applied()

    @property
    def is_ready(self) -> bool:
        """Whether the program beside us may be given work: a ring is in force, and a relay was seen to take it.

        A newer ring that cannot be used takes nothing from the one in force, so that a slip of the pen in the Secret
        does not take every relay out of its Service.
        """
        return self.started.is_set() and self._works

    async def run(self) -> None:
        """Serve until cancelled."""
        await self._declare()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow())
            tasks.create_task(self._speak())

    async def _declare(self) -> None:
        while True:
            try:
                return await self._acknowledgements.declare()
            except Away as away:
                await _later(away)

    async def _follow(self) -> None:
        while True:
            try:
                async for text in self._source.texts():
                    await self._take(text)
            except Away as away:
                await _later(away)

    async def _take(self, text: str) -> None:
        try:
            ring = read(text)
            if self._ring and ring.revision < self._ring.revision:
                self._refuse("RingWentBack", f"revision {ring.revision} comes after {self._ring.revision}")
            elif self._ring is None or ring.revision > self._ring.revision or self._refusal:
                await self._apply(ring)
        except Unreadable as error:
            self._refuse("RingUnreadable", str(error))
        except (OSError, sqlite3.Error) as error:
            # Nothing of it is in force; the next look at the ring tries again.
            self._refuse("CannotWrite", type(error).__name__)
        self._changed.set()

    async def _apply(self, ring: Ring) -> None:
        await self._keeper.apply(ring)
        self._ring, self._refusal = ring, ""
        self.started.set()
        _log.info("ring revision %d is in force, with %d keys", ring.revision, len(ring.keys))

    def _refuse(self, problem: str, reason: str) -> None:
        if problem != self._refusal:
            _log.error("the ring is not applied: %s", reason)
        self._refusal = problem

    async def _speak(self) -> None:
        while True:
            self._changed.clear()
            ring = self._ring
            applied = Applied() if ring is None else await self._keeper.examine(ring)
            self._works = ring is not None and not applied.problem
            if self._refusal:
                applied = replace(applied, problem=self._refusal)
            self.applied = applied
            try:
                await self._acknowledgements.say(applied)
            except Away as away:
                await _later(away)
                continue
            await self._pause(HEARTBEAT_S if self._works else RETRY_S)

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except TimeoutError:
            return


async def _later(away: Away) -> None:
    _log.warning("the cluster does not answer: %s", away)
    await asyncio.sleep(RETRY_S)
