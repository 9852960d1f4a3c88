"""Runs components: listeners and background tasks in one task group, and an orderly stop.

If a task ends, the process ends, so that whatever restarts processes can; a server that goes on answering without its
consumer would be worse. An engine that is away ends nothing: `readiness.py` watches engines. On SIGTERM or SIGINT
readiness goes off, the components drain, then the listeners close. A second signal ends the process at once.
"""

import asyncio
import logging
import signal
import socket
from collections import ChainMap
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Literal

import uvicorn
from starlette.types import ASGIApp

from parley.component import Component, Task
from parley.configuration import ConfigurationError
from parley.contracts.client_frames import MAX_FRAME
from parley.readiness import Readiness, engines_of
from parley.rest.application import build_application
from parley.telemetry.handed import Exposition, Telemetry
from parley.telemetry.loop_lag import measure_loop_lag

_log = logging.getLogger("parley.runtime")


@dataclass(frozen=True)
class Listener:
    """A bound socket and the components whose routes are served there."""

    title: str
    bound: socket.socket
    components: Sequence[Component]
    allowed_origins: Collection[str]


def bind(host: str, port: int, variable: str) -> socket.socket:
    """Bind a TCP socket; port 0 takes any free one. Raises ConfigurationError naming the variable."""
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        # Listening now is what tells us that the port is taken, before anything else has been started.
        bound.listen(2048)
    except (OSError, OverflowError) as error:
        bound.close()
        raise ConfigurationError(f"{variable}: cannot listen on {host}:{port} ({_reason(error)}).") from None
    return bound


def port_of(bound: socket.socket) -> int:
    """The port that a bound socket has got."""
    port: int = bound.getsockname()[1]
    return port


async def run(
    listeners: Sequence[Listener], components: Sequence[Component], announce: str, telemetry: Telemetry | None = None
) -> None:
    """Serve until a signal asks to stop, then drain and return. Raises what a failed task raised.

    `announce` is printed once the listeners and every engine that is needed answer. An engine that never will as it is
    configured raises ConfigurationError.
    """
    telemetry, stopping = telemetry or Telemetry(), asyncio.Event()
    readiness = Readiness(engines_of(components), stopping, telemetry.meters)
    servers = [(_server(it, readiness, telemetry), it.bound) for it in listeners]
    if telemetry.exposition:
        telemetry.exposition.watch(dict(ChainMap(*(dict(it.readings) for it in components))))
        servers.append(_metrics_server(telemetry.exposition, listeners[0].bound))
    with _stop_signals(stopping), _alone_if_refused():
        async with asyncio.TaskGroup() as group:
            serving = [group.create_task(server.serve([bound])) for server, bound in servers]
            background = [group.create_task(_forever(*it)) for it in _tasks(components, readiness, telemetry)]
            await asyncio.gather(*(server.answering.wait() for server, _ in servers))
            background.append(group.create_task(_announce(readiness, announce)))
            await stopping.wait()
            await asyncio.gather(*(component.drain() for component in components))
            for server, _ in servers:
                server.should_exit = True
            await asyncio.wait(serving)
            for task in background:
                task.cancel()


async def _announce(readiness: Readiness, text: str) -> None:
    await readiness.wait_complete()
    print(text, flush=True)


@contextmanager
def _alone_if_refused() -> Iterator[None]:
    """A configuration error of any task leaves as itself, not as one of a group."""
    try:
        yield
    except BaseExceptionGroup as group:
        refused = group.subgroup(ConfigurationError)
        if refused is None:
            raise
        raise ConfigurationError(*dict.fromkeys(_sentences(refused))) from None


def _sentences(error: BaseException) -> Iterator[str]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _sentences(inner)
    elif isinstance(error, ConfigurationError):
        yield from error.sentences


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling, which would close every WebSocket before we could drain."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answering = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.answering.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _server(listener: Listener, readiness: Readiness, telemetry: Telemetry) -> _Server:
    app = build_application(
        listener.title, listener.components, listener.allowed_origins, readiness, telemetry=telemetry
    )
    protocols = [it.websocket_protocol for it in listener.components if it.websocket_protocol]
    return _serving(app, protocols[0] if protocols else "none")


def _serving(app: ASGIApp, websocket: type[asyncio.Protocol] | Literal["none"] = "none") -> _Server:
    return _Server(
        uvicorn.Config(
            app,
            http="httptools",
            ws=websocket,
            ws_max_size=MAX_FRAME,
            ws_ping_interval=None,
            ws_per_message_deflate=False,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            # Whom to believe about the client is decided by TRUSTED_PROXIES, not by where the proxy runs.
            proxy_headers=False,
            timeout_graceful_shutdown=5,
        )
    )


def _metrics_server(exposition: Exposition, beside: socket.socket) -> tuple[_Server, socket.socket]:
    host: str = beside.getsockname()[0]
    try:
        bound = bind(host, exposition.port, "METRICS_PORT")
    except ConfigurationError:
        if not exposition.is_default:
            raise
        # Several services on one machine, and nobody has said where each is to be asked.
        bound = bind(host, 0, "METRICS_PORT")
        _log.warning("METRICS_PORT: %d is taken, so /metrics is on port %d", exposition.port, port_of(bound))
    return _serving(exposition.app), bound


def _tasks(components: Sequence[Component], readiness: Readiness, telemetry: Telemetry) -> Iterator[tuple[str, Task]]:
    yield "readiness", readiness.run
    if telemetry.exposition:
        yield "event loop lag", partial(measure_loop_lag, telemetry.meters)
    for component in components:
        for name, task in component.tasks.items():
            yield f"{component.name}/{name}", task


async def _forever(name: str, task: Task) -> None:
    await task()
    raise RuntimeError(f"task {name} has ended, which it must not")


@contextmanager
def _stop_signals(stopping: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()

    def stop(number: signal.Signals) -> None:
        if stopping.is_set():
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()
