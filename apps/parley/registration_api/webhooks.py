"""What mail services call: today Mailgun, which tells what became of a mail. What its words mean: `mailgun.py`.

Mailgun takes 200 for done and 406 for "do not send it again", and repeats after any other answer. So a signature that
will never be right gets 406, and a database that is away, or a form that we cannot read yet, another chance.
"""

import logging
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from parley.contracts.problems import ProblemError
from parley.onetimecodes.port import MailReports, RefusedToken
from parley.registration_api.mailgun import is_signed, report_of
from parley.rest.problems import answers

_Visible = Annotated[str, Field(pattern=r"^[!-~]{1,200}$")]
_log = logging.getLogger("parley.registration_api.webhooks")


class SignatureBody(BaseModel):
    """What Mailgun signs, seconds since 1970 UTC and a random text, and how."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    timestamp: Annotated[str, Field(pattern=r"^[0-9]{10}$")]
    token: _Visible
    signature: _Visible


class MailgunBody(BaseModel):
    """A call of Mailgun's; the event is read once the signature is known to be right."""

    model_config = ConfigDict(extra="ignore")

    signature: SignatureBody
    event: Annotated[dict[str, Any], Field(alias="event-data")]


class MailgunWebhook:
    """Believes each signed event once."""

    def __init__(self, key: bytes, reports: MailReports) -> None:
        self._key, self._reports = key, reports
        self._is_refusing = False

    async def take(self, body: MailgunBody) -> None:
        """Write down what an event reports. Raises the `not-accepted` problem for one that is not to be believed."""
        signed = body.signature
        if not is_signed(self._key, signed.timestamp, signed.token, signed.signature):
            raise self._refused("its signature is wrong, or MAILGUN_WEBHOOK_SIGNING_KEY is")
        try:
            await self._reports.take(signed.token, int(signed.timestamp) * 1000, report_of(body.event))
        except RefusedToken as refused:
            raise self._refused(refused.reason) from None
        self._is_refusing = False

    def _refused(self, reason: str) -> ProblemError:
        # Told when it begins, so that a stranger cannot fill the log.
        if not self._is_refusing:
            _log.warning("a report of Mailgun's was refused: %s", reason)
        self._is_refusing = True
        return ProblemError("not-accepted")


def webhook_routes(key: bytes, reports: MailReports) -> APIRouter:
    """The routes of this module; none without a key, so that the path is like any that does not exist."""
    router = APIRouter()
    if not key:
        return router
    webhook = MailgunWebhook(key, reports)

    @router.post("/webhooks/mailgun", response_class=Response, responses=answers(400, 403, 406, 413, 422))
    async def mailgun(body: MailgunBody) -> Response:
        await webhook.take(body)
        return Response()

    return router
