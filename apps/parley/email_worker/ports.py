"""What email-worker needs besides the deliveries: someone who takes mails, and someone who words them."""

from dataclasses import dataclass
from typing import Protocol

from parley.email_worker.model import Mail
from parley.onetimecodes.model import CodeRequest


@dataclass(frozen=True)
class Accepted:
    """The mail service has taken responsibility for the mail."""


@dataclass(frozen=True)
class Later:
    """The mail was not taken now, or nobody knows; the same mail may be sent again after `delay_s`."""

    delay_s: float


@dataclass(frozen=True)
class Never:
    """The mail was refused for good. `reason` names the kind of refusal and holds no address."""

    reason: str


class MailTransport(Protocol):
    """Hand a mail over to whoever delivers it."""

    async def send(self, mail: Mail) -> Accepted | Later | Never:
        """Try once, for at most 30 s. Raises nothing: whatever goes wrong is one of the three answers."""


class Letters(Protocol):
    """Word the mail."""

    def code_letter(self, request: CodeRequest, generation: int, code: str) -> Mail:
        """The mail that tells a code; the same for every repetition of the same generation."""
