"""The composition root of message-service: from settings and ports to a component, and the service alone."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from parley import runtime
from parley.component import Component, Engine
from parley.configuration import ListenSettings, collect, load
from parley.conversations.port import Conversations
from parley.conversations.sql import SqlConversations
from parley.fanout.opening import open_fanout
from parley.fanout.port import Fanout
from parley.idempotency.opening import open_idempotency
from parley.idempotency.port import Idempotency
from parley.identity.port import Accounts, Sessions
from parley.identity.sql import SqlAccounts, SqlSessions
from parley.message_service.api.routes import routes
from parley.message_service.service.conversations import ConversationService
from parley.message_service.service.history import HistoryService
from parley.message_service.service.members import MemberService
from parley.message_service.settings import MessageSettings
from parley.messages.observed import ObservedLog
from parley.messages.opening import open_log
from parley.messages.port import MessageLog
from parley.ratelimits.opening import open_limits
from parley.ratelimits.port import RateLimits
from parley.rest.guard import signed_in
from parley.rest.replay import Replay
from parley.sql.database import open_database
from parley.telemetry.opening import open_telemetry
from parley.telemetry.settings import TelemetrySettings

_PORT = 8084


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The ports that this service works through."""

    sessions: Sessions
    accounts: Accounts
    conversations: Conversations
    log: MessageLog
    fanout: Fanout
    limits: RateLimits
    idempotency: Idempotency
    engines: Mapping[str, Engine] = field(default_factory=dict)


def assemble(settings: MessageSettings, parts: Parts) -> Component:
    """The service as a component."""
    conversing = ConversationService(
        conversations=parts.conversations, accounts=parts.accounts, log=parts.log, fanout=parts.fanout
    )
    membership = MemberService(
        conversations=parts.conversations, accounts=parts.accounts, log=parts.log, fanout=parts.fanout
    )
    history = HistoryService(membership=parts.conversations, log=parts.log, fanout=parts.fanout, limits=parts.limits)
    router = routes(conversing, membership, history, Replay(parts.idempotency), signed_in(parts.sessions))
    return Component(
        name="message-service",
        routers=[router],
        tasks={"sweeper": membership.sweep_forever},
        engines=parts.engines,
    )


async def run() -> None:
    """The service alone, on PARLEY_PORT, until a signal asks to stop."""
    collect(lambda: load(MessageSettings), lambda: load(ListenSettings), lambda: load(TelemetrySettings))
    settings, listen = load(MessageSettings), load(ListenSettings)
    async with AsyncExitStack() as stack:
        telemetry = stack.enter_context(open_telemetry("message-service"))
        database = open_database(settings.database_url)
        stack.push_async_callback(database.close)
        log = await stack.enter_async_context(open_log(settings.message_log_url))
        fanout = await stack.enter_async_context(open_fanout(settings.redis_url))
        parts = Parts(
            sessions=SqlSessions(database),
            accounts=SqlAccounts(database),
            conversations=SqlConversations(database, lobby=settings.has_lobby),
            log=ObservedLog(log, telemetry.meters),
            fanout=fanout,
            limits=await stack.enter_async_context(open_limits(settings.redis_url)),
            idempotency=await stack.enter_async_context(open_idempotency(settings.redis_url)),
            engines={
                "database": Engine(check=database.check, url=settings.database_url),
                "message-log": Engine(check=log.check, url=settings.message_log_url),
                "fan-out": Engine(check=fanout.check, url=settings.redis_url, is_needed=False),
            },
        )
        component = assemble(settings, parts)
        bound = runtime.bind(listen.parley_host, listen.parley_port or _PORT, "PARLEY_PORT")
        listener = runtime.Listener("message-service", bound, (component,), settings.allowed_origins)
        announce = f"message-service is ready: http://localhost:{runtime.port_of(bound)}/"
        await runtime.run([listener], [component], announce, telemetry)
