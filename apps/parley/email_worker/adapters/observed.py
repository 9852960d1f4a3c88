"""A mail transport that tells how long the mail service takes and what it answers; nothing of the mail itself."""

import time

from parley.email_worker.model import Mail
from parley.email_worker.ports import Accepted, Later, MailTransport, Never
from parley.telemetry.handed import Telemetry


class ObservedTransport:
    """See the port; `transport` does the work. `kind` is the scheme of MAIL_URL, for spans."""

    def __init__(self, transport: MailTransport, kind: str, telemetry: Telemetry) -> None:
        self._transport, self._kind = transport, kind
        self._meters, self._tracer = telemetry.meters, telemetry.tracer

    async def send(self, mail: Mail) -> Accepted | Later | Never:
        """See the port."""
        began = time.perf_counter()
        with self._tracer.span("send mail", "client") as span:
            answer = await self._transport.send(mail)
            result = type(answer).__name__.lower()
            span.tell("parley.mail.transport", self._kind)
            span.tell("parley.mail.result", result)
            if not isinstance(answer, Accepted):
                span.fail()
        self._meters.mailed(result, time.perf_counter() - began)
        return answer
