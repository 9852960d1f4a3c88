"""The agent of a coturn: its secrets into the database, and an allocation with each of them as proof. See `Keeper`."""

import asyncio
import secrets
from collections.abc import Iterable
from pathlib import Path

from parley_operator.agent import userdb
from parley_operator.agent.canary import Answer, ask
from parley_operator.agent.ports import Applied
from parley_operator.ring.model import Key, Ring, Role


class Relay:
    """`server` is where coturn answers inside the pod, `realm` the one that it tells its clients."""

    role = Role.RELAY

    def __init__(self, file: Path, realm: str, server: tuple[str, int]) -> None:
        self._file, self._realm, self._server = file, realm, server

    async def apply(self, ring: Ring) -> None:
        """See Keeper. The database is made when it is not there, and coturn starts only afterwards."""
        wanted = [key.secret for key in ring.keys]
        await asyncio.to_thread(self._write, wanted)

    def _write(self, wanted: list[str]) -> None:
        userdb.create(self._file)
        userdb.write(self._file, self._realm, wanted)

    async def examine(self, ring: Ring) -> Applied:
        """See Keeper. A relay that takes a secret which nobody has proves nothing by taking others."""
        if await ask(self._server, secrets.token_hex(16)) is not Answer.REFUSED:
            return Applied(revision=ring.revision, problem="CanaryFailed")
        accepts = await self._answering(ring.keys, Answer.ACCEPTED)
        refuses = await self._answering(ring.retired, Answer.REFUSED)
        is_whole = len(accepts) + len(refuses) == len(ring.keys) + len(ring.retired)
        problem = "" if is_whole else "CanaryFailed"
        return Applied(revision=ring.revision, accepts=accepts, refuses=refuses, problem=problem)

    async def _answering(self, keys: Iterable[Key], answer: Answer) -> frozenset[str]:
        return frozenset([key.kid for key in keys if await ask(self._server, key.secret) is answer])
