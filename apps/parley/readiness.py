"""Which engines answer: asked in the background, told by `/readyz` from memory, one log line per change.

A request never waits for a check, so that a stalled engine cannot make a probe slow. Next: `rest/application.py`, the
answers, and `component.py`, what an engine is.
"""

import asyncio
import logging
import random
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from parley.component import Component, Engine
from parley.configuration import ConfigurationError
from parley.contracts.problems import ProblemError
from parley.telemetry.nothing import NoMeters
from parley.telemetry.port import Meters

CHECK_WITHIN_S = 3.0
"""An engine that takes longer to answer is away; what waits for it would give up as early."""

_LOOK_EVERY_S = 5.0
_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 15.0

_log = logging.getLogger("parley.readiness")

State = Literal["unknown", "ok", "away"]


def pause_s(failures: int, chance: float) -> float:
    """Seconds until the next look after so many failed ones in a row; `chance` in [0, 1) keeps processes apart."""
    # Doubling without end would at last exceed what a float can be.
    longest = min(_LONGEST_PAUSE_S, _SHORTEST_PAUSE_S * 2 ** min(failures, 10)) if failures else _LOOK_EVERY_S
    return max(_SHORTEST_PAUSE_S, longest * (1 + chance) / 2)


class Watch:
    """One engine and how it was found last."""

    def __init__(self, name: str, engine: Engine, meters: Meters) -> None:
        self.name, self.engine = name, engine
        self.state: State = "unknown"
        self._meters = meters
        self._failures, self._was_ok = 0, False

    async def look(self) -> None:
        """Check once. Raises ConfigurationError only as long as the engine has never answered.

        Later a wrong password is somebody changing passwords, which must not end every process at once.
        """
        try:
            async with asyncio.timeout(CHECK_WITHIN_S):
                await self.engine.check()
        except ConfigurationError as error:
            if not self._was_ok:
                raise
            self._fail(f": {error}", logging.ERROR)
        except Exception as error:  # noqa: BLE001 -- whatever a check raises means that the engine is away, and is told
            self._fail(_reason(error), logging.WARNING)
        else:
            self._succeed()

    async def pause(self) -> None:
        """Wait until it is time to look again: a few seconds, and ever longer while the engine stays away."""
        await asyncio.sleep(pause_s(self._failures, random.random()))  # noqa: S311 -- spreads, protects nothing

    def _succeed(self) -> None:
        if self.state == "away":
            _log.warning("%s (%s) answers again", self.name, self.engine.kind, extra={"engine": self.name})
        self.state, self._failures, self._was_ok = "ok", 0, True
        self._meters.engine(self.name, is_up=True, is_change=False)

    def _fail(self, reason: str, level: int) -> None:
        is_change = self.state != "away"
        if is_change:
            _log.log(level, "%s (%s) is away%s", self.name, self.engine.kind, reason, extra={"engine": self.name})
        self.state = "away"
        self._failures += 1
        self._meters.engine(self.name, is_up=False, is_change=is_change)


class Readiness:
    """The engines of a process. It is ready when it is not stopping and every engine that it needs answers."""

    def __init__(self, engines: Mapping[str, Engine], stopping: asyncio.Event, meters: Meters | None = None) -> None:
        self._stopping = stopping
        self._watches = [Watch(name, engine, meters or NoMeters()) for name, engine in engines.items()]
        self._complete = asyncio.Event()

    @property
    def is_ready(self) -> bool:
        """Whether traffic is welcome."""
        return not self._stopping.is_set() and self._has_all

    def document(self) -> dict[str, Any]:
        """`ready`, the states of the needed engines as `checks`, those of the others as `optional`."""
        needed, others = ({w.name: w.state for w in self._watches if w.engine.is_needed is it} for it in (True, False))
        return {"ready": self.is_ready, "checks": needed, "optional": others}

    async def wait_complete(self) -> None:
        """Return once every needed engine has answered at the same time, for the first time."""
        await self._complete.wait()

    async def run(self) -> None:
        """Watch until cancelled. Raises ConfigurationError for engines that will never answer as configured."""
        found = await asyncio.gather(*(self._first(watch) for watch in self._watches))
        sentences = [sentence for refused in found for sentence in refused]
        if sentences:
            raise ConfigurationError(*dict.fromkeys(sentences))
        self._note()
        async with asyncio.TaskGroup() as group:
            for watch in self._watches:
                group.create_task(self._follow(watch))
            # A process without engines has nothing to watch, and its tasks never end.
            await asyncio.Event().wait()

    async def _first(self, watch: Watch) -> tuple[str, ...]:
        try:
            await watch.look()
        except ConfigurationError as error:
            return error.sentences
        return ()

    async def _follow(self, watch: Watch) -> None:
        while True:
            await watch.pause()
            await watch.look()
            self._note()

    @property
    def _has_all(self) -> bool:
        return all(watch.state == "ok" for watch in self._watches if watch.engine.is_needed)

    def _note(self) -> None:
        if self._has_all:
            self._complete.set()


def engines_of(components: Iterable[Component]) -> Mapping[str, Engine]:
    """The engines of a process by name; one that any component needs is needed."""
    found: dict[str, Engine] = {}
    for component in components:
        for name, engine in component.engines.items():
            if name not in found or engine.is_needed:
                found[name] = engine
    return found


def _reason(error: Exception) -> str:
    match error:
        case TimeoutError():
            return ": it did not answer in time"
        case ProblemError():
            # Its text is for whoever sent a request.
            return ""
    return f": {error}" if str(error) else f": {type(error).__name__}"
