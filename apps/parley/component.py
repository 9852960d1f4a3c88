"""What a service hands over to the runtime: routes, tasks and answers about itself, never a whole application.

A mounted application would keep its own start and stop to itself, which Starlette does not run; a list of routes and a
list of coroutines can be put into one process or five. Next: `runtime.py`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from fastapi import APIRouter

Task = Callable[[], Awaitable[None]]


async def _nothing() -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class Engine:
    """A server or file that a service works with. `url` is where it was configured; only its scheme is ever told.

    `check` returns when the engine answers, raises ConfigurationError when it never will as it is configured, and
    anything else while it is away. Without an engine that `is_needed` the process takes no traffic; the others only
    make it serve less.
    """

    check: Task
    url: str
    is_needed: bool = True

    @property
    def kind(self) -> str:
        """The scheme, without the name of a driver: `mysql`, `redis`."""
        return self.url.partition(":")[0].partition("+")[0]


@dataclass(frozen=True, kw_only=True)
class Component:
    """One service, assembled.

    `routers` answer HTTP and WebSocket; `tasks` run until cancelled, and the process ends if one of them returns or
    raises; `engines` are watched (`readiness.py`), those of the same name once a process; `readings` are numbers that
    metrics ask for, by their names in `telemetry/readings.py`; `drain` is awaited once after a stop was asked for and
    before the listener closes; `websocket_protocol` replaces uvicorn's own.
    """

    name: str
    routers: Sequence[APIRouter] = ()
    tasks: Mapping[str, Task] = field(default_factory=dict)
    engines: Mapping[str, Engine] = field(default_factory=dict)
    readings: Mapping[str, Callable[[], float]] = field(default_factory=dict)
    drain: Task = _nothing
    websocket_protocol: type[asyncio.Protocol] | None = None
