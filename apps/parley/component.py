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
class Component:
    """One service, assembled.

    `routers` answer HTTP and WebSocket; `tasks` run until cancelled, and the process ends if one of them returns or
    raises; each `readiness` check returns when the service can work and raises when it cannot; `drain` is awaited once
    after a stop was asked for and before the listener closes; `websocket_protocol` replaces uvicorn's own.
    """

    name: str
    routers: Sequence[APIRouter] = ()
    tasks: Mapping[str, Task] = field(default_factory=dict)
    readiness: Mapping[str, Task] = field(default_factory=dict)
    drain: Task = _nothing
    websocket_protocol: type[asyncio.Protocol] | None = None
