"""The agent of an rtc-service: the ring in a file, which is looked at for every credential. See `Keeper`."""

import asyncio
import os
from dataclasses import replace
from pathlib import Path

from parley_operator.agent.ports import Applied
from parley_operator.ring.document import write
from parley_operator.ring.model import Ring, Role


class Minter:
    """`file` is TURN_SECRET_RING_FILE of the rtc-service beside us; its folder is shared with it."""

    role = Role.MINTER

    def __init__(self, file: Path) -> None:
        self._file = file

    async def apply(self, ring: Ring) -> None:
        """See Keeper: the file is replaced, never written over."""
        # What was retired is nobody's business who signs.
        await asyncio.to_thread(self._replace, write(replace(ring, retired=(), rotation=None, last=None)))

    def _replace(self, text: str) -> None:
        beside = self._file.with_name(f".{self._file.name}.new")
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640), "w") as out:
            out.write(text)
        beside.replace(self._file)

    async def examine(self, ring: Ring) -> Applied:
        """See Keeper. Every credential that is begun after the file was replaced is signed with its current key."""
        return Applied(revision=ring.revision, signs=ring.current.kid)
