"""The composition root of rtc-service: from settings and ports to a component, and the service alone."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, nullcontext
from dataclasses import dataclass, field

from parley import runtime
from parley.clocks import MACHINE, Clocks
from parley.component import Component, Engine
from parley.configuration import ListenSettings, collect, load, unknown_scheme
from parley.conversations.port import Membership
from parley.conversations.sql import SqlConversations
from parley.endedcalls.opening import open_ended_calls
from parley.endedcalls.port import EndedCalls
from parley.fanout.opening import open_fanout
from parley.fanout.port import Fanout
from parley.idempotency.opening import open_idempotency
from parley.idempotency.port import Idempotency
from parley.identity.port import Accounts
from parley.identity.recent import RecentSessions
from parley.identity.sql import SqlAccounts, SqlSessions
from parley.ratelimits.opening import open_limits
from parley.ratelimits.port import RateLimits
from parley.redis.urls import is_redis
from parley.rest.guard import signed_in
from parley.rest.replay import Replay
from parley.rtc_service.api.routes import routes
from parley.rtc_service.ports import RtcSessions
from parley.rtc_service.service.access import Access
from parley.rtc_service.service.nudging import Nudging
from parley.rtc_service.service.relaying import Relaying
from parley.rtc_service.service.signaling import SignalingService
from parley.rtc_service.service.waiting import Waiting
from parley.rtc_service.settings import RtcSettings
from parley.sql.database import open_database
from parley.telemetry.opening import open_telemetry
from parley.telemetry.readings import RTC_ENDED, RTC_OPENED, RTC_WAITS, TURN_CREDENTIALS
from parley.telemetry.settings import TelemetrySettings
from parley.turn.ring import RingSource
from parley.turn.settings import refuse_dev_secret

_PORT = 8085


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The ports that this service works through; `ring` holds the secrets of the TURN server."""

    sessions: RecentSessions
    accounts: Accounts
    membership: Membership
    rtc_sessions: RtcSessions
    ended: EndedCalls
    fanout: Fanout
    limits: RateLimits
    idempotency: Idempotency
    ring: RingSource
    clocks: Clocks = MACHINE
    engines: Mapping[str, Engine] = field(default_factory=dict)


def assemble(settings: RtcSettings, parts: Parts) -> Component:
    """The service as a component."""
    access = Access(parts.membership)
    waiting = Waiting(parts.fanout)
    signaling = SignalingService(
        sessions=parts.rtc_sessions,
        accounts=parts.accounts,
        ended=parts.ended,
        access=access,
        nudging=Nudging(parts.fanout, access),
        limits=parts.limits,
        life_s=settings.session_ttl_seconds,
        wall=parts.clocks.wall,
    )
    relaying = Relaying(settings.urls, parts.ring, settings.turn_credential_ttl, parts.limits, parts.clocks.wall)
    guard = signed_in(parts.sessions)
    return Component(
        name="rtc-service",
        routers=[routes(signaling, relaying, waiting, Replay(parts.idempotency), guard)],
        tasks={"revocations": parts.sessions.hear_revocations},
        engines=parts.engines,
        readings={
            RTC_WAITS: lambda: waiting.count,
            RTC_OPENED: lambda: signaling.opened,
            RTC_ENDED: lambda: signaling.ended,
            TURN_CREDENTIALS: lambda: relaying.minted,
        },
        drain=waiting.drain,
    )


async def run() -> None:
    """The service alone, on PARLEY_PORT, until a signal asks to stop."""
    collect(
        lambda: load(RtcSettings).ring(),
        lambda: load(ListenSettings),
        lambda: load(TelemetrySettings),
        refuse_dev_secret,
    )
    settings, listen = load(RtcSettings), load(ListenSettings)
    async with AsyncExitStack() as stack:
        telemetry = stack.enter_context(open_telemetry("rtc-service"))
        component = assemble(settings, await _open(stack, settings))
        bound = runtime.bind(listen.parley_host, listen.parley_port or _PORT, "PARLEY_PORT")
        listener = runtime.Listener("rtc-service", bound, (component,), settings.allowed_origins)
        announce = f"rtc-service is ready: http://localhost:{runtime.port_of(bound)}/"
        await runtime.run([listener], [component], announce, telemetry)


async def _open(stack: AsyncExitStack, settings: RtcSettings) -> Parts:
    database = open_database(settings.database_url)
    stack.push_async_callback(database.close)
    fanout = await stack.enter_async_context(open_fanout(settings.redis_url))
    kept = await stack.enter_async_context(open_rtc_sessions(settings.redis_url, settings.session_ttl_seconds))
    return Parts(
        sessions=RecentSessions(SqlSessions(database), fanout),
        accounts=SqlAccounts(database),
        membership=SqlConversations(database, lobby=settings.has_lobby),
        rtc_sessions=kept,
        ended=await stack.enter_async_context(open_ended_calls(settings.redis_url)),
        fanout=fanout,
        limits=await stack.enter_async_context(open_limits(settings.redis_url)),
        idempotency=await stack.enter_async_context(open_idempotency(settings.redis_url)),
        ring=settings.ring(),
        engines={
            "database": Engine(check=database.check, url=settings.database_url),
            "rtc-sessions": Engine(check=kept.check, url=settings.redis_url),
            "fan-out": Engine(check=fanout.check, url=settings.redis_url, is_needed=False),
        },
    )


def open_rtc_sessions(url: str, life_s: float, clocks: Clocks = MACHINE) -> AbstractAsyncContextManager[RtcSessions]:
    """Sessions behind REDIS_URL. Raises ConfigurationError for a scheme that no adapter answers to."""
    match url.partition(":")[0]:
        case "inprocess":
            from parley.rtc_service.adapters.inprocess import InProcessRtcSessions

            return nullcontext(InProcessRtcSessions(life_s, clocks.steady))
        case scheme if is_redis(scheme):
            from parley.rtc_service.adapters.redis import open_redis_rtc_sessions

            return open_redis_rtc_sessions(url, life_s)
    raise unknown_scheme("REDIS_URL", url)
