"""The composition root of registration-api: from settings and ports to a component, and the service alone."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from parley import runtime
from parley.bus.observed import ObservedBus
from parley.bus.opening import open_bus
from parley.bus.port import EventBus
from parley.component import Component, Engine
from parley.configuration import ListenSettings, collect, load
from parley.fanout.opening import open_fanout
from parley.fanout.port import Fanout
from parley.identity.port import Accounts, Sessions
from parley.identity.sql import SqlAccounts, SqlSessions
from parley.onetimecodes.port import MailReports, OneTimeCodes
from parley.onetimecodes.settings import key_bytes
from parley.onetimecodes.sql import SqlOneTimeCodes
from parley.onetimecodes.sql_backlog import SqlBacklog
from parley.onetimecodes.sql_reports import SqlMailReports
from parley.registration_api import api
from parley.registration_api.adapters.client_build import read_client_build
from parley.registration_api.cookies import Cookies, Visitors, presented_to
from parley.registration_api.outbox import OutboxRelay
from parley.registration_api.pages.rendering import Pages
from parley.registration_api.pages.routes import Site, content_security_policy, page_routes
from parley.registration_api.service import Profile, SignIn
from parley.registration_api.settings import RegistrationSettings
from parley.registration_api.webhooks import webhook_routes
from parley.rest.guard import signed_in
from parley.sql.database import open_database
from parley.telemetry.opening import open_telemetry
from parley.telemetry.readings import OUTBOX_AGE, OUTBOX_ROWS
from parley.telemetry.settings import TelemetrySettings

_PORT = 8082


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The ports that this service works through."""

    codes: OneTimeCodes
    reports: MailReports
    sessions: Sessions
    accounts: Accounts
    bus: EventBus
    fanout: Fanout
    backlog: SqlBacklog | None = None
    engines: Mapping[str, Engine] = field(default_factory=dict)


def assemble(settings: RegistrationSettings, parts: Parts) -> Component:
    """The service as a component. Raises ConfigurationError if the built client is missing."""
    relay, backlog = OutboxRelay(parts.codes, parts.bus), parts.backlog
    sign_in = SignIn(
        codes=parts.codes,
        sessions=parts.sessions,
        fanout=parts.fanout,
        key=key_bytes(settings.code_pepper),
        limits=settings.limits,
        offer=relay.offer,
    )
    profile = Profile(accounts=parts.accounts, sessions=parts.sessions, fanout=parts.fanout)
    cookies, presented = Cookies(settings), presented_to(parts.sessions)
    visitors = Visitors(cookies, settings.proxies)
    client = read_client_build(settings.chat_web_dist)
    site = Site(
        sign_in=sign_in,
        pages=Pages(client, settings.chat_rtc_base_url),
        client=client,
        cookies=cookies,
        visitors=visitors,
        presented=presented,
        policy=content_security_policy(settings.rtc_origin),
    )
    calls = api.routes(sign_in, profile, signed_in(parts.sessions), presented, cookies, visitors)
    return Component(
        name="registration-api",
        routers=[page_routes(site), calls, webhook_routes(settings.webhook_key, parts.reports)],
        tasks={
            "offers": relay.run,
            "outbox": relay.look,
            "sweeper": relay.sweep,
            **({"backlog": backlog.watch} if backlog else {}),
        },
        engines=parts.engines,
        readings={OUTBOX_ROWS: lambda: backlog.rows, OUTBOX_AGE: lambda: backlog.oldest_s} if backlog else {},
    )


async def run() -> None:
    """The service alone, on PARLEY_PORT, until a signal asks to stop."""
    collect(lambda: load(RegistrationSettings), lambda: load(ListenSettings), lambda: load(TelemetrySettings))
    settings, listen = load(RegistrationSettings), load(ListenSettings)
    async with AsyncExitStack() as stack:
        telemetry = stack.enter_context(open_telemetry("registration-api"))
        database = open_database(settings.database_url)
        stack.push_async_callback(database.close)
        bus = await stack.enter_async_context(open_bus(settings.bus_url))
        fanout = await stack.enter_async_context(open_fanout(settings.redis_url))
        parts = Parts(
            codes=SqlOneTimeCodes(database),
            reports=SqlMailReports(database),
            sessions=SqlSessions(database),
            accounts=SqlAccounts(database),
            bus=ObservedBus(bus, telemetry),
            fanout=fanout,
            backlog=SqlBacklog(database) if telemetry.exposition else None,
            engines={
                "database": Engine(check=database.check, url=settings.database_url),
                "bus": Engine(check=bus.check, url=settings.bus_url, is_needed=False),
                "fan-out": Engine(check=fanout.check, url=settings.redis_url, is_needed=False),
            },
        )
        component = assemble(settings, parts)
        bound = runtime.bind(listen.parley_host, listen.parley_port or _PORT, "PARLEY_PORT")
        listener = runtime.Listener("registration-api", bound, (component,), settings.allowed_origins)
        announce = f"registration-api is ready: http://localhost:{runtime.port_of(bound)}/"
        await runtime.run([listener], [component], announce, telemetry)
