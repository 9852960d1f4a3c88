"""One task for each TurnSecretRotation: it looks, tells, and sleeps until something happened or a moment has come.

A mistake of ours in one look is an event on its object and a number; the others go on. Next: `reconcile.py`.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Mapping
from typing import Any, Protocol

from parley_operator.rotation import spec
from parley_operator.rotation.meters import Meters
from parley_operator.rotation.ports import Away, Rings
from parley_operator.rotation.reconcile import Memory, reconcile
from parley_operator.rotation.status import bad_spec, status

LOOK_S = 30.0
"""Between two looks when nothing is heard: by then a Secret that somebody edited is noticed, and a dead watch too."""

BUSY_S = 2.0
"""Between two looks while a rotation goes on."""

_WARNINGS = {"RingRestored", "RotationBlocked", "EmergencyRevoke", "RotationAborted", "ReconcileFailed"}
_SENTENCES = {"RingRestored": "Somebody had changed the ring in the Secret; it is the last good one again."}
"""Of events that what is waited for says nothing about."""

_log = logging.getLogger("parley_operator.rotation")


class Objects(Protocol):
    """The custom resources themselves."""

    async def read(self, name: str) -> Mapping[str, Any] | None:
        """An object as it is now, None if there is none. Raises Away."""

    async def tell(self, name: str, status: Mapping[str, Any]) -> None:
        """Replace the status. Raises Away."""

    async def handled(self, name: str, annotation: str, value: str) -> None:
        """Take an annotation away if it still has this value. Raises Away."""

    async def event(self, body: Mapping[str, Any], kind: str, reason: str, message: str) -> None:
        """Write an Event, Normal or Warning, about an object. Raises Away."""


class Worker:
    """What goes on for one object."""

    def __init__(self, name: str, rings: Rings, objects: Objects, meters: Meters) -> None:
        self._name, self._rings, self._objects, self._meters = name, rings, objects, meters
        self._awake, self._memory = asyncio.Event(), Memory()
        self.looked_at = time.monotonic()

    def wake(self) -> None:
        """Something has happened."""
        self._awake.set()

    async def run(self) -> None:
        """Look until the object is gone."""
        while (pause_s := await self._guarded()) is not None:
            self.looked_at = time.monotonic()
            await _first(self._awake.wait(), pause_s)

    async def _guarded(self) -> float | None:
        self._awake.clear()
        try:
            body = await self._objects.read(self._name)
            return None if body is None else await self._look(body)
        except Away as away:
            _log.warning("%s is not looked at: %s", self._name, away)
        return BUSY_S

    async def _look(self, body: Mapping[str, Any]) -> float:
        try:
            return await self.look(body, int(time.time()))
        except Away:
            raise
        except Exception as error:  # noqa: BLE001 -- one object that trips us must not stop the others
            _log.exception("a look at %s failed", self._name)
            self._meters.failed(self._name)
            # The text may hold anything; the type is enough to find it in the log.
            await self._tell(body, "ReconcileFailed", f"The operator failed: {type(error).__name__}; see its log.")
            return LOOK_S

    async def look(self, body: Mapping[str, Any], now_s: int) -> float:
        """One look; returns after how many seconds there is to be another one."""
        before, generation = body.get("status") or {}, int(body["metadata"].get("generation", 0))
        try:
            wanted = spec.read(body)
        except spec.BadSpec as error:
            await self._write(before, bad_spec(str(error), before, generation, now_s))
            return LOOK_S
        looked = await reconcile(self._rings, wanted, now_s, self._memory)
        self._meters.looked(self._name, looked, now_s)
        after = status(wanted, looked, before, generation, now_s)
        for event in looked.events:
            await self._tell(body, event, _SENTENCES.get(event) or after.get("waitingFor") or "")
        if _is_blocked(after) and not _is_blocked(before):
            await self._tell(body, "RotationBlocked", str(after.get("waitingFor") or looked.wait.reason))
        await self._write(before, after)
        asked = wanted.spec.triggers[1]
        if looked.ring and asked and asked in looked.ring.handled[1:]:
            await self._objects.handled(self._name, spec.ROTATE, asked)
        return BUSY_S if looked.ring is None or looked.ring.rotation else LOOK_S

    async def _write(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        # A merge patch takes away what is null and keeps what is not named.
        if {key: it for key, it in {**before, **after}.items() if it is not None} != before:
            await self._objects.tell(self._name, after)

    async def _tell(self, body: Mapping[str, Any], reason: str, message: str) -> None:
        await self._objects.event(body, "Warning" if reason in _WARNINGS else "Normal", reason, message)


def _is_blocked(status: Mapping[str, Any]) -> bool:
    conditions = status.get("conditions") or ()
    return any(it["type"] == "Blocked" and it["status"] == "True" for it in conditions)


async def _first(something: Awaitable[Any], seconds: float) -> None:
    try:
        await asyncio.wait_for(something, seconds)
    except TimeoutError:
        return
