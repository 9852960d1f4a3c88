"""The composition root of email-worker: from settings and ports to a component, and the service alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from parley import runtime
from parley.bus.opening import open_bus
from parley.bus.port import EventBus
from parley.component import Component, Task
from parley.configuration import ListenSettings, collect, load, unknown_scheme
from parley.email_worker.adapters.letters import TemplateLetters
from parley.email_worker.consumer import RegistrationConsumer
from parley.email_worker.ports import MailTransport
from parley.email_worker.service import CodeMailer, Keys
from parley.email_worker.settings import WorkerSettings
from parley.identity.model import new_id
from parley.onetimecodes.port import Deliveries
from parley.onetimecodes.settings import key_bytes
from parley.onetimecodes.sql_deliveries import SqlDeliveries
from parley.sql.database import open_database

_PORT = 8086


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The ports that this service works through."""

    deliveries: Deliveries
    bus: EventBus
    ready: Mapping[str, Task] = field(default_factory=dict)


def assemble(settings: WorkerSettings, parts: Parts) -> Component:
    """The service as a component. Raises ConfigurationError for an unknown MAIL_URL."""
    mailer = CodeMailer(
        deliveries=parts.deliveries,
        transport=open_transport(settings.mail_url),
        letters=TemplateLetters(settings.site),
        keys=Keys(code=key_bytes(settings.code_key), pepper=key_bytes(settings.code_pepper)),
        worker=new_id(),
    )
    consumer = RegistrationConsumer(parts.bus, mailer)
    return Component(name="email-worker", tasks={"consumer": consumer.run}, readiness=parts.ready)


def open_transport(url: str) -> MailTransport:
    """The transport of MAIL_URL. Raises ConfigurationError for a scheme that no adapter answers to."""
    match url.partition(":")[0]:
        case "console":
            from parley.email_worker.adapters.console import ConsoleMail

            return ConsoleMail()
    raise unknown_scheme("MAIL_URL", url)


async def run() -> None:
    """The service alone, with its health checks on PARLEY_PORT, until a signal asks to stop."""
    collect(lambda: load(WorkerSettings), lambda: load(ListenSettings))
    settings, listen = load(WorkerSettings), load(ListenSettings)
    database = open_database(settings.database_url)
    try:
        parts = Parts(
            deliveries=SqlDeliveries(database), bus=open_bus(settings.bus_url), ready={"database": database.check}
        )
        component = assemble(settings, parts)
        bound = runtime.bind(listen.parley_host, listen.parley_port or _PORT, "PARLEY_PORT")
        listener = runtime.Listener("email-worker", bound, (component,), settings.allowed_origins)
        await runtime.run([listener], [component], f"email-worker is ready on port {runtime.port_of(bound)}")
    finally:
        await database.close()
