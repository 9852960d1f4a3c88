"""Work that a synchronous callback asks for and that has to wait for a store: done in the background, a few at a time.

Such work repairs what is live from what is stored. It is repeated by the next occasion, so a store that is away is
written down and not tried again here.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable

from parley.contracts.problems import ProblemError

Errand = Callable[[], Awaitable[None]]

AT_A_TIME = 8
"""Errands that run beside each other; the rest waits in the order in which it was asked for."""

_log = logging.getLogger("parley.chat_service")


class Errands:
    """A queue of errands, each named; one that already waits under its name is not queued twice."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, Errand] = {}
        self._some = asyncio.Semaphore(0)

    def add(self, name: Hashable, errand: Errand) -> None:
        """Do this soon."""
        if name not in self._waiting:
            self._waiting[name] = errand
            self._some.release()

    async def run_forever(self) -> None:
        """Do what is asked for, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_A_TIME):
                group.create_task(self._work())

    async def _work(self) -> None:
        while True:
            await self._some.acquire()
            name = next(iter(self._waiting))
            await attempt(self._waiting.pop(name))


async def attempt(errand: Errand) -> None:
    """Do it; a store that does not answer is a line in the log."""
    try:
        await errand()
    except ProblemError as problem:
        _log.warning("live delivery waits for a store: %s", problem.slug)
