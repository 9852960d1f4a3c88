"""The ring, its agents and its operator without Kubernetes: one Secret and some Leases in memory, the rest is real."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from parley_operator.agent.agent import Agent
from parley_operator.agent.ports import Applied, Keeper
from parley_operator.ring.decide import Seen, Step, decide, first_ring
from parley_operator.ring.document import read, write
from parley_operator.ring.model import Ack, Fresh, Ring, Spec


def fresh() -> Fresh:
    """Material for a key, as the operator draws it."""
    return Fresh(secrets.token_hex(4), secrets.token_hex(32))


class Cluster:
    """A Secret that is changed by compare-and-set, and Leases by pod. `now_s` is the clock of its operator."""

    def __init__(self, spec: Spec, now_s: Callable[[], int] = lambda: int(time.time())) -> None:
        self.spec, self.now_s = spec, now_s
        self.text = write(first_ring(spec, now_s(), fresh()))
        self.leases: dict[str, Ack] = {}
        self._changed = asyncio.Condition()

    @property
    def ring(self) -> Ring:
        return read(self.text)

    async def store(self, text: str) -> None:
        self.text = text
        await self._tell()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Return when the ring and the Leases are so."""
        async with asyncio.timeout(60), self._changed:
            await self._changed.wait_for(holds)

    async def texts(self) -> AsyncIterator[str]:
        """See RingSource."""
        told = ""
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: self.text != told)  # noqa: B023 -- awaited at once
                told = self.text
            yield told

    async def operate(self) -> None:
        """What the operator does, at every change and every few milliseconds."""
        while True:
            seen = Seen(
                ring=self.ring, acks=list(self.leases.values()), spec=self.spec, now_s=self.now_s(), fresh=fresh()
            )
            decision = decide(seen)
            if isinstance(decision, Step):
                await self.store(write(decision.ring))
            else:
                await self._pause()

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(0.02), self._changed:
                await self._changed.wait()

    def want(self, spec: Spec) -> None:
        """The operator is to do this from its next look on."""
        self.spec = spec

    @asynccontextmanager
    async def operated(self) -> AsyncIterator[None]:
        """An operator is at work meanwhile."""
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(self.operate())
            yield
            running.cancel()

    def lease(self, pod: str, keeper: Keeper) -> "Lease":
        return Lease(self, pod, keeper)

    @asynccontextmanager
    async def agent(self, pod: str, keeper: Keeper) -> AsyncIterator[Agent]:
        """An agent at work; what ends it is raised where it was started."""
        made = Agent(keeper, self, self.lease(pod, keeper))
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(made.run())
            yield made
            running.cancel()


class Lease:
    """See Acknowledgements."""

    def __init__(self, cluster: Cluster, pod: str, keeper: Keeper) -> None:
        self._cluster, self._pod, self._keeper = cluster, pod, keeper

    async def declare(self) -> None:
        await self.say(Applied())

    async def say(self, applied: Applied) -> None:
        self._cluster.leases[self._pod] = Ack(
            pod=self._pod,
            role=self._keeper.role,
            revision=applied.revision,
            accepts=applied.accepts,
            refuses=applied.refuses,
            signs=applied.signs,
            renewed_s=self._cluster.now_s(),
        )
        await self._cluster._tell()
