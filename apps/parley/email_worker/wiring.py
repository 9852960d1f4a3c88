"""The composition root of email-worker: from settings and ports to a component, and the service alone."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from parley import runtime
from parley.bus.observed import ObservedBus
from parley.bus.opening import open_bus
from parley.bus.port import EventBus
from parley.component import Component, Engine
from parley.configuration import ListenSettings, collect, load, unknown_scheme
from parley.email_worker.adapters.letters import TemplateLetters
from parley.email_worker.adapters.mail_urls import read_mailgun, read_smtp
from parley.email_worker.adapters.observed import ObservedTransport
from parley.email_worker.consumer import RegistrationConsumer
from parley.email_worker.ports import MailTransport
from parley.email_worker.service import CodeMailer, Keys
from parley.email_worker.settings import MailSettings, WorkerSettings
from parley.identity.model import new_id
from parley.onetimecodes.port import Deliveries
from parley.onetimecodes.settings import key_bytes
from parley.onetimecodes.sql_deliveries import SqlDeliveries
from parley.sql.database import open_database
from parley.telemetry.handed import Telemetry
from parley.telemetry.opening import open_telemetry
from parley.telemetry.settings import TelemetrySettings

_PORT = 8086


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The ports that this service works through."""

    deliveries: Deliveries
    transport: MailTransport
    bus: EventBus
    engines: Mapping[str, Engine] = field(default_factory=dict)


def assemble(settings: WorkerSettings, parts: Parts) -> Component:
    """The service as a component."""
    mailer = CodeMailer(
        deliveries=parts.deliveries,
        transport=parts.transport,
        letters=TemplateLetters(settings.site),
        keys=Keys(code=key_bytes(settings.code_key), pepper=key_bytes(settings.code_pepper)),
        worker=new_id(),
    )
    consumer = RegistrationConsumer(parts.bus, mailer)
    return Component(name="email-worker", tasks={"consumer": consumer.run}, engines=parts.engines)


@asynccontextmanager
async def open_transport(settings: MailSettings) -> AsyncIterator[MailTransport]:
    """The transport of MAIL_URL, until the end. Raises ConfigurationError for a scheme that no adapter answers to."""
    url, sender = settings.mail_url, settings.mail_from
    match url.partition(":")[0]:
        case "console":
            from parley.email_worker.adapters.console import ConsoleMail

            yield ConsoleMail()
        case "smtp" | "smtps":
            from parley.email_worker.adapters.smtp import SmtpMail

            yield SmtpMail(read_smtp(url), sender)
        case "mailgun":
            from parley.email_worker.adapters.mailgun import open_mailgun

            key = settings.mailgun_api_key.get_secret_value() if settings.mailgun_api_key else ""
            async with open_mailgun(read_mailgun(url), key, sender, base_url=settings.mailgun_base_url) as transport:
                yield transport
        case _:
            raise unknown_scheme("MAIL_URL", url)


def observed_transport(transport: MailTransport, settings: MailSettings, telemetry: Telemetry) -> MailTransport:
    """The transport of MAIL_URL, telling how it fares."""
    return ObservedTransport(transport, settings.mail_url.partition(":")[0], telemetry)


async def run() -> None:
    """The service alone, with its health checks on PARLEY_PORT, until a signal asks to stop."""
    collect(lambda: load(WorkerSettings), lambda: load(ListenSettings), lambda: load(TelemetrySettings))
    settings, listen = load(WorkerSettings), load(ListenSettings)
    async with AsyncExitStack() as stack:
        telemetry = stack.enter_context(open_telemetry("email-worker"))
        database = open_database(settings.database_url)
        stack.push_async_callback(database.close)
        bus = await stack.enter_async_context(open_bus(settings.bus_url))
        transport = await stack.enter_async_context(open_transport(settings))
        parts = Parts(
            deliveries=SqlDeliveries(database),
            transport=observed_transport(transport, settings, telemetry),
            bus=ObservedBus(bus, telemetry),
            engines={
                "database": Engine(check=database.check, url=settings.database_url),
                "bus": Engine(check=bus.check, url=settings.bus_url),
            },
        )
        component = assemble(settings, parts)
        bound = runtime.bind(listen.parley_host, listen.parley_port or _PORT, "PARLEY_PORT")
        listener = runtime.Listener("email-worker", bound, (component,), settings.allowed_origins)
        announce = f"email-worker is ready on port {runtime.port_of(bound)}"
        await runtime.run([listener], [component], announce, telemetry)
