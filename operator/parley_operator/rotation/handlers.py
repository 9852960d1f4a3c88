"""The rotations' part of kopf: every event only wakes the one task that looks. No finalizer, no state in annotations.

Next: `worker.py`, the task.
"""

import asyncio
import time
from typing import Any

import kopf
from lightkube import AsyncClient

from parley_operator.instance import is_ours
from parley_operator.leases import GROUP, RING
from parley_operator.meters import REGISTRY
from parley_operator.rotation.kubernetes import KubernetesRings
from parley_operator.rotation.meters import Meters
from parley_operator.rotation.objects import KubernetesObjects
from parley_operator.rotation.worker import LOOK_S, Worker

_STALE_S = 4 * LOOK_S


class Workers:
    """The tasks, by the name of their object, and of whom they are woken."""

    def __init__(self) -> None:
        self._client = AsyncClient()
        self._meters = Meters(REGISTRY)
        self._running: dict[str, tuple[Worker, asyncio.Task[None]]] = {}

    def look(self, name: str) -> None:
        """An object has appeared or changed."""
        if name in self._running and not self._running[name][1].done():
            self._running[name][0].wake()
            return
        worker = Worker(name, KubernetesRings(self._client), KubernetesObjects(self._client), self._meters)
        self._running[name] = worker, asyncio.create_task(worker.run())

    def look_at_all(self) -> None:
        """A Lease has changed. Which rotation it is of costs more to find out than a look."""
        for worker, _ in self._running.values():
            worker.wake()

    def oldest_s(self) -> float:
        """For how long the one that looked last has not looked."""
        alive = [worker.looked_at for worker, task in self._running.values() if not task.done()]
        return time.monotonic() - min(alive, default=time.monotonic())

    async def close(self) -> None:
        """End all tasks."""
        tasks = [task for _, task in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.close()


@kopf.on.startup()
async def begin(memo: kopf.Memo, **_: Any) -> None:
    """Make the workers, once there is a loop."""
    memo.workers = Workers()


@kopf.on.cleanup()
async def end(memo: kopf.Memo, **_: Any) -> None:
    """End them."""
    await memo.workers.close()


@kopf.on.event(GROUP, "v1alpha1", "turnsecretrotations", when=is_ours)
async def changed(name: str | None, memo: kopf.Memo, **_: Any) -> None:
    """An object has changed, or is gone, which its worker finds out."""
    memo.workers.look(name or "")


@kopf.on.event("coordination.k8s.io", "v1", "leases", labels={RING: kopf.PRESENT})
async def heard(memo: kopf.Memo, **_: Any) -> None:
    """An agent has said something, or its pod is gone."""
    memo.workers.look_at_all()


@kopf.on.probe(id="rotations")
async def alive(memo: kopf.Memo, **_: Any) -> str:
    """What `/alive` says. Raises PermanentError, which makes it 500, when a worker has not looked for long."""
    if memo.workers.oldest_s() > _STALE_S:
        raise kopf.PermanentError("a rotation has not been looked at for too long")
    return "looking"
