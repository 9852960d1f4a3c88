"""All services in one process, over SQLite and in-process adapters unless URLs say otherwise: what `make run` starts.

The only module that imports two services. It opens each engine once, hands the same objects to every composition root,
and serves the whole route table on one port and each service on its own. Next: the `wiring.py` of a service.
"""

import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from parley import runtime
from parley.bus.observed import ObservedBus
from parley.bus.opening import open_bus
from parley.bus.port import EventBus
from parley.chat_service import wiring as chat
from parley.chat_service.ports import Presence
from parley.chat_service.settings import ChatSettings
from parley.component import Component, Engine
from parley.configuration import ConfigurationError, ListenSettings, PageSettings, Settings, collect, load
from parley.conversations.sql import SqlConversations
from parley.email_worker import wiring as worker
from parley.email_worker.settings import WorkerSettings
from parley.fanout.opening import open_fanout
from parley.fanout.port import Fanout
from parley.identity.sql import SqlAccounts, SqlSessions
from parley.message_service import wiring as message
from parley.message_service.ports import Idempotency
from parley.message_service.settings import MessageSettings
from parley.messages.observed import ObservedLog
from parley.messages.opening import migrate_log, open_log
from parley.messages.port import MessageLog
from parley.onetimecodes.sql import SqlOneTimeCodes
from parley.onetimecodes.sql_backlog import SqlBacklog
from parley.onetimecodes.sql_deliveries import SqlDeliveries
from parley.onetimecodes.sql_reports import SqlMailReports
from parley.ratelimits.opening import open_limits
from parley.ratelimits.port import RateLimits
from parley.registration_api import wiring as registration
from parley.registration_api.settings import RegistrationSettings
from parley.sql.database import Database, open_database
from parley.sql.migrate import migrate
from parley.telemetry.handed import Telemetry
from parley.telemetry.opening import open_telemetry
from parley.telemetry.settings import TelemetrySettings


class EmbeddedSettings(Settings):
    """What only the one process has."""

    parley_data_dir: Path = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "parley"
    """Where SQLite files and generated keys live; the XDG data folder, so that nothing lands in the checkout."""

    registration_api_port: int = 8082
    """The port of the page and of the whole route table; 0 takes any free one."""

    chat_service_port: int = 8083
    """The port of chat-service alone; 0 takes any free one."""

    message_service_port: int = 8084
    """The port of message-service alone; 0 takes any free one."""


@dataclass(frozen=True)
class _Configuration:
    registration: RegistrationSettings
    worker: WorkerSettings
    chat: ChatSettings
    message: MessageSettings


async def run() -> None:
    """Serve everything until a signal asks to stop. Raises ConfigurationError before anything is served."""
    settings, listen = load(EmbeddedSettings), load(ListenSettings)
    _prepare(settings.parley_data_dir)
    bound = [
        runtime.bind(listen.parley_host, settings.registration_api_port, "REGISTRATION_API_PORT"),
        runtime.bind(listen.parley_host, settings.chat_service_port, "CHAT_SERVICE_PORT"),
        runtime.bind(listen.parley_host, settings.message_service_port, "MESSAGE_SERVICE_PORT"),
    ]
    port = runtime.port_of(bound[0])
    configuration = _configure(settings.parley_data_dir, port)
    async with AsyncExitStack() as stack:
        telemetry = stack.enter_context(open_telemetry("parley", default_port=None))
        reg, mail, msg, cht = await stack.enter_async_context(_components(configuration, telemetry))
        origins = load(PageSettings, chat_web_origin=_origins(port)).allowed_origins
        everything = (reg, msg, cht)
        listeners = [
            runtime.Listener("Parley", bound[0], everything, origins),
            runtime.Listener("chat-service", bound[1], (cht,), origins),
            runtime.Listener("message-service", bound[2], (msg,), origins),
        ]
        await runtime.run(listeners, (*everything, mail), _announcement(port, configuration.registration), telemetry)


def _announcement(port: int, settings: RegistrationSettings) -> str:
    note = "" if settings.is_https else "\nPlain HTTP, for this machine only: the session cookie is not marked Secure."
    return f"Parley is ready: http://localhost:{port}/{note}"


def _prepare(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigurationError(f"PARLEY_DATA_DIR: cannot write to {folder} ({reason}).") from None


def _origins(port: int) -> str:
    return f"http://localhost:{port},http://127.0.0.1:{port}"


def _configure(folder: Path, port: int) -> _Configuration:
    defaults = {
        "database_url": f"sqlite+aiosqlite:///{folder / 'parley.db'}",
        "message_log_url": f"sqlite:///{folder / 'messages.db'}",
        "chat_web_origin": _origins(port),
        "code_key": _generated_key(folder / "code.key"),
        "code_pepper": _generated_key(folder / "pepper.key"),
        "drain_seconds": 0.5,
    }
    kinds = (RegistrationSettings, WorkerSettings, ChatSettings, MessageSettings, TelemetrySettings)
    collect(*(lambda kind=kind: load(kind, **_known(kind, defaults)) for kind in kinds))
    return _Configuration(
        registration=load(RegistrationSettings, **_known(RegistrationSettings, defaults)),
        worker=load(WorkerSettings, **_known(WorkerSettings, defaults)),
        chat=load(ChatSettings, **_known(ChatSettings, defaults)),
        message=load(MessageSettings, **_known(MessageSettings, defaults)),
    )


def _known(kind: type[Settings], defaults: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in defaults.items() if name in kind.model_fields}


def _generated_key(file: Path) -> str:
    """A 256-bit key in hexadecimal, made at the first start and kept, readable by its owner alone."""
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write(secrets.token_hex(32))
    return file.read_text().strip()


@dataclass(frozen=True, kw_only=True)
class _Opened:
    """Each engine, once, and the ports of which several services have the same."""

    database: Database
    log: MessageLog
    bus: EventBus
    fanout: Fanout
    limits: RateLimits
    presence: Presence
    idempotency: Idempotency
    engines: Mapping[str, Engine]


async def _open(stack: AsyncExitStack, settings: _Configuration, telemetry: Telemetry) -> _Opened:
    """Everything that the URLs name, closed with the stack."""
    database = open_database(settings.registration.database_url)
    stack.push_async_callback(database.close)
    await migrate(database)
    redis_url, log_url, bus_url = settings.chat.redis_url, settings.message.message_log_url, settings.worker.bus_url
    await migrate_log(log_url)
    log = await stack.enter_async_context(open_log(log_url))
    bus = await stack.enter_async_context(open_bus(bus_url))
    fanout = await stack.enter_async_context(open_fanout(redis_url))
    return _Opened(
        database=database,
        log=ObservedLog(log, telemetry.meters),
        bus=ObservedBus(bus, telemetry),
        fanout=fanout,
        limits=await stack.enter_async_context(open_limits(redis_url)),
        presence=await stack.enter_async_context(chat.open_presence(redis_url)),
        idempotency=await stack.enter_async_context(message.open_idempotency(redis_url)),
        engines={
            "database": Engine(check=database.check, url=settings.registration.database_url),
            "message-log": Engine(check=log.check, url=log_url),
            "bus": Engine(check=bus.check, url=bus_url),
            "fan-out": Engine(check=fanout.check, url=redis_url, is_needed=False),
        },
    )


@asynccontextmanager
async def _components(
    settings: _Configuration, telemetry: Telemetry
) -> AsyncIterator[tuple[Component, Component, Component, Component]]:
    async with AsyncExitStack() as stack:
        opened = await _open(stack, settings, telemetry)
        transport = await stack.enter_async_context(worker.open_transport(settings.worker))
        yield (
            _registration(settings.registration, opened, telemetry),
            worker.assemble(
                settings.worker,
                worker.Parts(
                    deliveries=SqlDeliveries(opened.database),
                    transport=worker.observed_transport(transport, settings.worker, telemetry),
                    bus=opened.bus,
                    engines=opened.engines,
                ),
            ),
            _message(settings.message, opened),
            _chat(settings.chat, opened),
        )


def _registration(settings: RegistrationSettings, opened: _Opened, telemetry: Telemetry) -> Component:
    parts = registration.Parts(
        codes=SqlOneTimeCodes(opened.database),
        reports=SqlMailReports(opened.database),
        sessions=SqlSessions(opened.database),
        accounts=SqlAccounts(opened.database),
        bus=opened.bus,
        fanout=opened.fanout,
        backlog=SqlBacklog(opened.database) if telemetry.exposition else None,
        engines=opened.engines,
    )
    return registration.assemble(settings, parts)


def _message(settings: MessageSettings, opened: _Opened) -> Component:
    parts = message.Parts(
        sessions=SqlSessions(opened.database),
        accounts=SqlAccounts(opened.database),
        conversations=SqlConversations(opened.database, lobby=settings.has_lobby),
        log=opened.log,
        fanout=opened.fanout,
        limits=opened.limits,
        idempotency=opened.idempotency,
        engines=opened.engines,
    )
    return message.assemble(settings, parts)


def _chat(settings: ChatSettings, opened: _Opened) -> Component:
    parts = chat.Parts(
        sessions=SqlSessions(opened.database),
        membership=SqlConversations(opened.database, lobby=settings.has_lobby),
        log=opened.log,
        fanout=opened.fanout,
        limits=opened.limits,
        presence=opened.presence,
        engines=opened.engines,
    )
    return chat.assemble(settings, parts)
