"""All services in one process, over SQLite and in-process adapters unless URLs say otherwise: what `make run` starts.

Beside its settings the only module that imports two services. It opens each engine once, hands the same objects to
every composition root, and serves the whole route table on one port and each service on its own. Next: the `wiring.py`
of a service.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from parley import runtime
from parley.bus.observed import ObservedBus
from parley.bus.opening import open_bus
from parley.bus.port import EventBus
from parley.chat_service import wiring as chat
from parley.chat_service.ports import Calls, Presence
from parley.chat_service.settings import ChatSettings
from parley.clock_route import clock_route, refuse_where_others_are
from parley.clocks import MACHINE, Clocks, MovedClocks
from parley.component import Component, Engine
from parley.configuration import ListenSettings, PageSettings, load
from parley.conversations.sql import SqlConversations
from parley.email_worker import wiring as worker
from parley.embedded_settings import Configuration, EmbeddedSettings, configure, origins_at, prepare
from parley.endedcalls.opening import open_ended_calls
from parley.endedcalls.port import EndedCalls
from parley.fanout.opening import open_fanout
from parley.fanout.port import Fanout
from parley.idempotency.opening import open_idempotency
from parley.idempotency.port import Idempotency
from parley.identity.recent import RecentSessions
from parley.identity.sql import SqlAccounts, SqlSessions
from parley.message_service import wiring as message
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
from parley.rtc_service import wiring as rtc
from parley.rtc_service.ports import RtcSessions
from parley.sql.database import Database, open_database
from parley.sql.migrate import migrate
from parley.telemetry.handed import Telemetry
from parley.telemetry.opening import open_telemetry
from parley.turn.child import turn_server


async def run() -> None:
    """Serve everything until a signal asks to stop. Raises ConfigurationError before anything is served."""
    settings, listen = load(EmbeddedSettings), load(ListenSettings)
    prepare(settings.parley_data_dir)
    bound = [
        runtime.bind(listen.parley_host, settings.registration_api_port, "REGISTRATION_API_PORT"),
        runtime.bind(listen.parley_host, settings.chat_service_port, "CHAT_SERVICE_PORT"),
        runtime.bind(listen.parley_host, settings.message_service_port, "MESSAGE_SERVICE_PORT"),
        runtime.bind(listen.parley_host, settings.rtc_service_port, "RTC_SERVICE_PORT"),
    ]
    port = runtime.port_of(bound[0])
    configuration = configure(settings.parley_data_dir, port)
    clocks, movable = _clocks(settings, listen, configuration)
    async with AsyncExitStack() as stack:
        telemetry = stack.enter_context(open_telemetry("parley", default_port=None))
        configuration = await _relayed(stack, configuration)
        reg, mail, msg, cht, rtc_ = await stack.enter_async_context(components(configuration, telemetry, clocks))
        origins = load(PageSettings, chat_web_origin=origins_at(port)).allowed_origins
        everything = (reg, msg, cht, rtc_)
        listeners = [
            # Whoever has a prefix is asked first, at little cost to the others.
            runtime.Listener("Parley", bound[0], (rtc_, msg, reg, cht, *movable), origins),
            runtime.Listener("chat-service", bound[1], (cht,), origins),
            runtime.Listener("message-service", bound[2], (msg,), origins),
            runtime.Listener("rtc-service", bound[3], (rtc_,), origins),
        ]
        await runtime.run(listeners, (*everything, mail), _announcement(port, configuration), telemetry)


def _clocks(
    settings: EmbeddedSettings, listen: ListenSettings, found: Configuration
) -> tuple[Clocks, Sequence[Component]]:
    """What time it is, and the route that moves it where that is wanted."""
    if settings.parley_movable_clock == "off":
        return MACHINE, ()
    urls = {"DATABASE_URL": found.registration.database_url, "MESSAGE_LOG_URL": found.message.message_log_url}
    urls |= {"REDIS_URL": found.chat.redis_url, "BUS_URL": found.worker.bus_url}
    refuse_where_others_are(listen.parley_host, found.registration.chat_web_origin, urls)
    clocks = MovedClocks()
    return clocks, [clock_route(clocks)]


def _announcement(port: int, settings: Configuration) -> str:
    notes = [f"Parley is ready: http://localhost:{port}/"]
    if not settings.registration.is_https:
        notes.append("Plain HTTP, for this machine only: the session cookie is not marked Secure.")
    if not settings.rtc.urls:
        notes.append("No TURN server (no `turnserver` on PATH): calls need a direct way from one browser to the other.")
    return "\n".join(notes)


async def _relayed(stack: AsyncExitStack, settings: Configuration) -> Configuration:
    """With the URLs of a TURN server of our own, if none is configured and there is one to be started."""
    if settings.rtc.urls:
        return settings
    urls = await stack.enter_async_context(turn_server(settings.ring.ring().secrets))
    return replace(settings, rtc=settings.rtc.model_copy(update={"turn_server_urls": ",".join(urls or ())}))


@dataclass(frozen=True, kw_only=True)
class _Opened:
    """Each engine, once, and the ports of which several services have the same."""

    database: Database
    log: MessageLog
    bus: EventBus
    fanout: Fanout
    limits: RateLimits
    presence: Presence
    calls: Calls
    ended: EndedCalls
    rtc_sessions: RtcSessions
    idempotency: Idempotency
    clocks: Clocks
    engines: Mapping[str, Engine]


async def _open(stack: AsyncExitStack, settings: Configuration, telemetry: Telemetry, clocks: Clocks) -> _Opened:
    """Everything that the URLs name, closed with the stack."""
    database = open_database(settings.registration.database_url, clocks.wall_ms)
    stack.push_async_callback(database.close)
    await migrate(database)
    redis_url, log_url, bus_url = settings.chat.redis_url, settings.message.message_log_url, settings.worker.bus_url
    await migrate_log(log_url)
    log = await stack.enter_async_context(open_log(log_url, clocks))
    bus = await stack.enter_async_context(open_bus(bus_url))
    fanout = await stack.enter_async_context(open_fanout(redis_url))
    return _Opened(
        database=database,
        log=ObservedLog(log, telemetry.meters),
        bus=ObservedBus(bus, telemetry),
        fanout=fanout,
        limits=await stack.enter_async_context(open_limits(redis_url, clocks)),
        presence=await stack.enter_async_context(chat.open_presence(redis_url, clocks)),
        calls=chat.observed_calls(
            await stack.enter_async_context(chat.open_calls(redis_url, clocks)), settings.chat, telemetry.meters
        ),
        ended=await stack.enter_async_context(open_ended_calls(redis_url, clocks)),
        rtc_sessions=await stack.enter_async_context(
            rtc.open_rtc_sessions(redis_url, settings.rtc.session_ttl_seconds, clocks)
        ),
        idempotency=await stack.enter_async_context(open_idempotency(redis_url, clocks)),
        clocks=clocks,
        engines={
            "database": Engine(check=database.check, url=settings.registration.database_url),
            "message-log": Engine(check=log.check, url=log_url),
            "bus": Engine(check=bus.check, url=bus_url),
            "fan-out": Engine(check=fanout.check, url=redis_url, is_needed=False),
        },
    )


@asynccontextmanager
async def components(
    settings: Configuration, telemetry: Telemetry, clocks: Clocks = MACHINE
) -> AsyncIterator[tuple[Component, Component, Component, Component, Component]]:
    """registration-api, email-worker, message-service, chat-service and rtc-service over engines that they share."""
    async with AsyncExitStack() as stack:
        opened = await _open(stack, settings, telemetry, clocks)
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
            _rtc(settings, opened),
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
        calls=opened.calls,
        ended=opened.ended,
        engines=opened.engines,
    )
    return chat.assemble(settings, parts)


def _rtc(settings: Configuration, opened: _Opened) -> Component:
    parts = rtc.Parts(
        sessions=RecentSessions(SqlSessions(opened.database), opened.fanout, opened.clocks.steady),
        accounts=SqlAccounts(opened.database),
        membership=SqlConversations(opened.database, lobby=settings.rtc.has_lobby),
        rtc_sessions=opened.rtc_sessions,
        ended=opened.ended,
        fanout=opened.fanout,
        limits=opened.limits,
        idempotency=opened.idempotency,
        ring=settings.ring,
        clocks=opened.clocks,
        engines=opened.engines,
    )
    return rtc.assemble(settings.rtc, parts)
