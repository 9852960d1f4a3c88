"""chat-service with a bug that PLANT names, so that the checker of `ledger.py` can be seen to find it.

Started like the service itself: `python planted.py chat-service`.
"""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from parley import __main__
from parley.chat_service import wiring
from parley.chat_service.room import Room
from parley.messages.model import Cursor, Draft, Entry

LAUNCHER = ("-P", str(Path(__file__)))
"""Without the folder of this file on the path, where some modules are named like drivers."""
_EVERY = 7


class _Planted:
    """The message log, except that every so many appends go wrong."""

    def __init__(self, log: Any) -> None:
        self._log, self._appends = log, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    async def append(self, draft: Draft, after: Cursor) -> Entry:
        self._appends += 1
        if self._appends % _EVERY:
            return await self._log.append(draft, after)
        return await self.go_wrong(draft, after)


class Forgets(_Planted):
    """Acknowledges without a write."""

    async def go_wrong(self, draft: Draft, after: Cursor) -> Entry:
        head = (await self._log.heads([draft.conv]))[draft.conv]
        return Entry(
            conv=draft.conv,
            epoch=head.epoch,
            seq=head.seq + 1,
            id=draft.id,
            sender=draft.sender,
            at_ms=0,
            body=draft.body,
        )


class Repeats(_Planted):
    """Stores an entry a second time, under another id."""

    async def go_wrong(self, draft: Draft, after: Cursor) -> Entry:
        await self._log.append(replace(draft, id=str(uuid4())), after)
        return await self._log.append(draft, after)


def _skip() -> None:
    """Leave an entry out for everybody who is connected."""
    arrived = Room.arrived
    count = iter(range(1_000_000))

    def arrived_or_skipped(self: Room, arrival: Any) -> Any:
        ready = arrived(self, arrival)
        return () if next(count) % _EVERY == _EVERY - 1 else ready

    Room.arrived = arrived_or_skipped


def _plant(kind: type[_Planted]) -> None:
    open_log = wiring.open_log

    @asynccontextmanager
    async def open_planted(*values: Any, **named: Any) -> AsyncIterator[Any]:
        async with open_log(*values, **named) as log:
            yield kind(log)

    wiring.open_log = open_planted


if __name__ == "__main__":
    match os.environ["PLANT"]:
        case "forgets":
            _plant(Forgets)
        case "repeats":
            _plant(Repeats)
        case "skips":
            _skip()
    sys.argv[0] = "parley"
    __main__.main()
