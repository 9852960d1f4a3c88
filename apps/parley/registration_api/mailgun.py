"""Mailgun's webhooks without I/O: is a signature right, and what does an event say about a mail of ours.

Mailgun signs a timestamp and a token, not the event, so nothing of the event is looked at before the signature has been
checked and its token used up. Next: `webhooks.py`, the route.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from parley.onetimecodes.model import Outcome, read_message_id
from parley.onetimecodes.port import MailReport


def is_signed(key: bytes, timestamp: str, token: str, signature: str) -> bool:
    """Whether `signature` is the HMAC-SHA256 over timestamp and token in hexadecimal; takes equally long for any."""
    right = hmac.digest(key, (timestamp + token).encode(), hashlib.sha256).hex()
    return hmac.compare_digest(right.encode(), signature.encode())


def report_of(event: Mapping[str, Any]) -> MailReport | None:
    """What an event reports; None for kinds that change nothing, for mails that are not ours, for unknown shapes."""
    match event:
        case {"message": {"headers": {"message-id": str(message_id)}}}:
            mail, outcome = read_message_id(message_id), _outcome(event)
            if mail and outcome:
                return MailReport(request_id=mail[0], generation=mail[1], outcome=outcome)
    return None


def _outcome(event: Mapping[str, Any]) -> Outcome | None:
    # A complaint is none: it comes after the mail was delivered, from somebody who could read the code.
    match event:
        case {"event": "delivered"}:
            return "delivered"
        case {"event": "failed", "severity": "temporary"}:
            return "delayed"
        case {"event": "failed", "severity": "permanent"} | {"event": "rejected"}:
            return "bounced"
    return None
