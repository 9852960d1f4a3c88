"""The composition root of registration-api: from settings and ports to a component, and the service alone."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from parley import runtime
from parley.bus.opening import open_bus
from parley.bus.port import EventBus
from parley.component import Component, Task
from parley.configuration import ListenSettings, collect, load
from parley.fanout.opening import open_fanout
from parley.fanout.port import Fanout
from parley.identity.port import Accounts, Sessions
from parley.identity.sql import SqlAccounts, SqlSessions
from parley.onetimecodes.port import OneTimeCodes
from parley.onetimecodes.settings import key_bytes
from parley.onetimecodes.sql import SqlOneTimeCodes
from parley.registration_api import api
from parley.registration_api.adapters.client_build import read_client_build
from parley.registration_api.cookies import Cookies, Visitors, presented_to
from parley.registration_api.outbox import OutboxRelay
from parley.registration_api.pages.rendering import Pages
from parley.registration_api.pages.routes import Site, content_security_policy, page_routes
from parley.registration_api.service import Profile, SignIn
from parley.registration_api.settings import RegistrationSettings
from parley.rest.guard import signed_in
from parley.sql.database import open_database

_PORT = 8082


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The ports that this service works through."""

    codes: OneTimeCodes
    sessions: Sessions
    accounts: Accounts
    bus: EventBus
    fanout: Fanout
    ready: Mapping[str, Task] = field(default_factory=dict)


def assemble(settings: RegistrationSettings, parts: Parts) -> Component:
    """The service as a component. Raises ConfigurationError if the built client is missing."""
    relay = OutboxRelay(parts.codes, parts.bus)
    sign_in = SignIn(
        codes=parts.codes,
        sessions=parts.sessions,
        fanout=parts.fanout,
        key=key_bytes(settings.code_pepper),
        limits=settings.limits,
        wake=relay.wake,
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
        routers=[page_routes(site), calls],
        tasks={"outbox": relay.run, "sweeper": relay.sweep},
        readiness=parts.ready,
    )


async def run() -> None:
    """The service alone, on PARLEY_PORT, until a signal asks to stop."""
    collect(lambda: load(RegistrationSettings), lambda: load(ListenSettings))
    settings, listen = load(RegistrationSettings), load(ListenSettings)
    async with AsyncExitStack() as stack:
        database = open_database(settings.database_url)
        stack.push_async_callback(database.close)
        parts = Parts(
            codes=SqlOneTimeCodes(database),
            sessions=SqlSessions(database),
            accounts=SqlAccounts(database),
            bus=open_bus(settings.bus_url),
            fanout=await stack.enter_async_context(open_fanout(settings.redis_url)),
            ready={"database": database.check},
        )
        component = assemble(settings, parts)
        bound = runtime.bind(listen.parley_host, listen.parley_port or _PORT, "PARLEY_PORT")
        listener = runtime.Listener("registration-api", bound, (component,), settings.allowed_origins)
        announce = f"registration-api is ready: http://localhost:{runtime.port_of(bound)}/"
        await runtime.run([listener], [component], announce)
