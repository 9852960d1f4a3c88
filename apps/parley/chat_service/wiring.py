"""The composition root of chat-service: from settings and ports to a component, and the service alone."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, nullcontext
from dataclasses import dataclass, field

from fastapi import APIRouter
from starlette.routing import WebSocketRoute

from parley import runtime
from parley.chat_service.adapters.calls_observed import ObservedCalls
from parley.chat_service.adapters.uvicorn import ChatProtocol
from parley.chat_service.gateway import Gateway
from parley.chat_service.hub import Hub
from parley.chat_service.ports import Calls, Presence
from parley.chat_service.service.calling import Calling
from parley.chat_service.service.errands import Errands
from parley.chat_service.service.feed import Feed
from parley.chat_service.service.greeting import Greeting
from parley.chat_service.service.people import People
from parley.chat_service.service.recording import Recording
from parley.chat_service.service.talking import Talking
from parley.chat_service.service.upkeep import Upkeep
from parley.chat_service.service.windows import Windows
from parley.chat_service.settings import ChatSettings
from parley.clocks import MACHINE, Clocks
from parley.component import Component, Engine
from parley.configuration import ListenSettings, collect, load, unknown_scheme
from parley.conversations.port import Membership
from parley.conversations.sql import SqlConversations
from parley.endedcalls.opening import open_ended_calls
from parley.endedcalls.port import EndedCalls
from parley.fanout.opening import open_fanout
from parley.fanout.port import Fanout
from parley.identity.port import Sessions
from parley.identity.sql import SqlSessions
from parley.messages.observed import ObservedLog
from parley.messages.opening import open_log
from parley.messages.port import MessageLog
from parley.ratelimits.opening import open_limits
from parley.ratelimits.port import RateLimits
from parley.redis.urls import is_redis
from parley.sql.database import open_database
from parley.telemetry.opening import open_telemetry
from parley.telemetry.port import Meters
from parley.telemetry.readings import CALL_WINDOWS, CONNECTIONS, DELIVERIES, FRAMES
from parley.telemetry.settings import TelemetrySettings

_PORT = 8083


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The ports that this service works through."""

    sessions: Sessions
    membership: Membership
    log: MessageLog
    fanout: Fanout
    limits: RateLimits
    presence: Presence
    calls: Calls
    ended: EndedCalls
    engines: Mapping[str, Engine] = field(default_factory=dict)


def assemble(settings: ChatSettings, parts: Parts) -> Component:
    """The service as a component."""
    membership, log, fanout = parts.membership, parts.log, parts.fanout
    hub, errands = Hub(), Errands()
    feed = Feed(hub=hub, log=log, membership=membership, fanout=fanout, errands=errands)
    people = People(
        hub=hub, presence=parts.presence, membership=membership, fanout=fanout, subscriptions=feed.subscriptions
    )
    calling = _calling(settings, parts, hub, errands)
    upkeep = Upkeep(
        hub=hub,
        feed=feed,
        people=people,
        calling=calling,
        sessions=parts.sessions,
        drain_s=settings.drain_seconds,
    )
    windows = Windows(
        greeting=Greeting(hub=hub, feed=feed, people=people, calling=calling, membership=membership, log=log),
        talking=Talking(membership=membership, log=log, fanout=fanout, limits=parts.limits),
        calling=calling,
        people=people,
        feed=feed,
        upkeep=upkeep,
    )
    gateway = Gateway(windows, parts.sessions, settings.allowed_origins)
    return Component(
        name="chat-service",
        routers=[APIRouter(routes=[WebSocketRoute("/ws", gateway)])],
        tasks={
            "errands": errands.run_forever,
            "pings": upkeep.keep_alive,
            "presence": upkeep.expire_presence,
            "leases": upkeep.renew_leases,
            "calls": upkeep.look_at_calls,
            "joined": upkeep.hold_calls,
            "heads": upkeep.compare_heads,
            "revocations": feed.hear_revocations,
            "sessions": upkeep.end_sessions,
        },
        engines=parts.engines,
        readings={
            CONNECTIONS: lambda: len(hub),
            CALL_WINDOWS: lambda: sum(it.calling is not None for it in hub),
            FRAMES: lambda: gateway.frames,
            DELIVERIES: lambda: hub.deliveries,
        },
        drain=upkeep.drain,
        websocket_protocol=ChatProtocol,
    )


def _calling(settings: ChatSettings, parts: Parts, hub: Hub, errands: Errands) -> Calling:
    return Calling(
        hub=hub,
        calls=parts.calls,
        ended=parts.ended,
        membership=parts.membership,
        recording=Recording(calls=parts.calls, log=parts.log, fanout=parts.fanout),
        fanout=parts.fanout,
        limits=parts.limits,
        errands=errands,
        rings_ms=settings.call_ring_seconds * 1000,
    )


async def run() -> None:
    """The service alone, on PARLEY_PORT, until a signal asks to stop."""
    collect(lambda: load(ChatSettings), lambda: load(ListenSettings), lambda: load(TelemetrySettings))
    settings, listen = load(ChatSettings), load(ListenSettings)
    async with AsyncExitStack() as stack:
        telemetry = stack.enter_context(open_telemetry("chat-service"))
        database = open_database(settings.database_url)
        stack.push_async_callback(database.close)
        log = await stack.enter_async_context(open_log(settings.message_log_url))
        fanout = await stack.enter_async_context(open_fanout(settings.redis_url))
        parts = Parts(
            sessions=SqlSessions(database),
            membership=SqlConversations(database, lobby=settings.has_lobby),
            log=ObservedLog(log, telemetry.meters),
            fanout=fanout,
            limits=await stack.enter_async_context(open_limits(settings.redis_url)),
            presence=await stack.enter_async_context(open_presence(settings.redis_url)),
            calls=observed_calls(
                await stack.enter_async_context(open_calls(settings.redis_url)), settings, telemetry.meters
            ),
            ended=await stack.enter_async_context(open_ended_calls(settings.redis_url)),
            engines={
                "database": Engine(check=database.check, url=settings.database_url),
                "message-log": Engine(check=log.check, url=settings.message_log_url),
                "fan-out": Engine(check=fanout.check, url=settings.redis_url, is_needed=False),
            },
        )
        component = assemble(settings, parts)
        bound = runtime.bind(listen.parley_host, listen.parley_port or _PORT, "PARLEY_PORT")
        listener = runtime.Listener("chat-service", bound, (component,), settings.allowed_origins)
        announce = f"chat-service is ready: http://localhost:{runtime.port_of(bound)}/"
        await runtime.run([listener], [component], announce, telemetry)


def open_presence(url: str, clocks: Clocks = MACHINE) -> AbstractAsyncContextManager[Presence]:
    """Presence behind REDIS_URL. Raises ConfigurationError for a scheme that no adapter answers to."""
    match url.partition(":")[0]:
        case "inprocess":
            from parley.chat_service.adapters.inprocess import InProcessPresence

            return nullcontext(InProcessPresence(clocks.steady, clocks.wall))
        case scheme if is_redis(scheme):
            from parley.chat_service.adapters.redis import open_redis_presence

            return open_redis_presence(url)
    raise unknown_scheme("REDIS_URL", url)


def observed_calls(calls: Calls, settings: ChatSettings, meters: Meters) -> Calls:
    """The same calls, counted and timed."""
    return ObservedCalls(calls, meters, settings.call_ring_seconds * 1000)


def open_calls(url: str, clocks: Clocks = MACHINE) -> AbstractAsyncContextManager[Calls]:
    """Calls behind REDIS_URL. Raises ConfigurationError for a scheme that no adapter answers to."""
    match url.partition(":")[0]:
        case "inprocess":
            from parley.chat_service.adapters.calls_inprocess import InProcessCalls

            return nullcontext(InProcessCalls(clocks.wall))
        case scheme if is_redis(scheme):
            from parley.chat_service.adapters.calls_redis import open_redis_calls

            return open_redis_calls(url)
    raise unknown_scheme("REDIS_URL", url)
