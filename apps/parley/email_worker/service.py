"""One request, from the lease to its end: make the code, store its keyed hash, mail it, write down what became of it.

Every step may be repeated. A repetition makes the same code and finds its hash stored, so the only thing that can
happen twice is the mail, and only if a fault fell between the call to the mail service and our record of it.
"""

import logging
from dataclasses import dataclass, field

from parley.bus.port import RetryLater
from parley.email_worker.model import derive_code, generation_to_mail
from parley.email_worker.ports import Accepted, Later, Letters, MailTransport, Never
from parley.onetimecodes.model import DELIVERY_DEADLINE_MS, CodeRequest, code_mac
from parley.onetimecodes.port import Deliveries

LEASE_MS = 60_000
"""A worker has a request for itself this long; more than one attempt of the mail service may take."""

_log = logging.getLogger("parley.email_worker")


@dataclass(frozen=True, kw_only=True)
class Keys:
    """`code` is known to email-worker alone, `pepper` also to registration-api; neither is in the database."""

    code: bytes = field(repr=False)
    pepper: bytes = field(repr=False)


class CodeMailer:
    """Deliver the code of a request. `worker` names this process in its leases."""

    def __init__(
        self, *, deliveries: Deliveries, transport: MailTransport, letters: Letters, keys: Keys, worker: str
    ) -> None:
        self._deliveries, self._transport, self._letters = deliveries, transport, letters
        self._keys, self._worker = keys, worker

    async def deliver(self, request_id: str) -> None:
        """Bring the request to its end; no effect if it has ended or another worker has it. Raises RetryLater."""
        request = await self._deliveries.lease(request_id, self._worker, LEASE_MS)
        if request is None:
            return
        if request.age_ms >= DELIVERY_DEADLINE_MS:
            return await self._deliveries.record(request.id, self._worker, "expired")
        await self._mail(request)

    async def _mail(self, request: CodeRequest) -> None:
        generation = generation_to_mail(request)
        code = derive_code(self._keys.code, request.id, generation)
        mac = code_mac(self._keys.pepper, request.id, request.email, code)
        if not await self._deliveries.store_code(request.id, self._worker, generation, mac):
            return
        match await self._transport.send(self._letters.code_letter(request, generation, code)):
            case Accepted():
                await self._deliveries.record(request.id, self._worker, "sent")
            case Never(reason):
                _log.error("request %s: the mail was refused: %s", request.id, reason)
                await self._deliveries.record(request.id, self._worker, "dead")
            case Later(delay_s):
                await self._deliveries.record(request.id, self._worker, "delayed")
                raise RetryLater("the mail service did not take the mail", delay_s)
