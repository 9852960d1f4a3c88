"""Reads `new-registration` and hands each request to the service; what cannot be read goes to the dead letters."""

import msgspec

from parley.bus.port import Event, EventBus, NeverRetry, RetryLater
from parley.contracts.events import RegistrationRequestedEvent
from parley.contracts.topics import NEW_REGISTRATION
from parley.email_worker.service import CodeMailer
from parley.sql.errors import DatabaseUnavailable

_GROUP = "email-worker"
_DATABASE_AGAIN_S = 1.0


class RegistrationConsumer:
    """The task of this service."""

    def __init__(self, bus: EventBus, mailer: CodeMailer) -> None:
        self._bus, self._mailer = bus, mailer

    async def run(self) -> None:
        """Handle events until cancelled. Raises whatever nobody expected, so that the process is started anew."""
        await self._bus.consume(NEW_REGISTRATION, _GROUP, self.handle)

    async def handle(self, event: Event) -> None:
        """One event. Raises RetryLater or NeverRetry."""
        request_id = _read(event.value)
        try:
            await self._mailer.deliver(request_id)
        except DatabaseUnavailable:
            raise RetryLater("the database does not answer", _DATABASE_AGAIN_S) from None


def _read(value: bytes) -> str:
    try:
        return msgspec.json.decode(value, type=RegistrationRequestedEvent).data.request_id
    except msgspec.DecodeError as error:
        raise NeverRetry(f"not an event of this topic{_place(error)}") from None


def _place(error: msgspec.DecodeError) -> str:
    # Only the place is told, because the rest of the message may repeat what is there.
    _, at, place = str(error).rpartition(" - at ")
    return f" (at {place})" if at else ""
