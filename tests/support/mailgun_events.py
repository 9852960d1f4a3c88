"""What Mailgun posts to a webhook: an event about a mail, and the signature beside it."""

import hashlib
import hmac
from typing import Any

SIGNING_KEY = "signing-hunter2"
TOKEN = "e0b5477167110d68991efc6b9f89f0a11066af278346a0e123"
HOST = "chat.example.org"


def signature(timestamp_s: int, token: str = TOKEN, key: str = SIGNING_KEY) -> dict[str, str]:
    """The signed part of a call."""
    timestamp = str(timestamp_s)
    code = hmac.new(key.encode(), timestamp.encode() + token.encode(), hashlib.sha256)
    return {"timestamp": timestamp, "token": token, "signature": code.hexdigest()}


def event(kind: str, request_id: str, generation: int = 1, **members: Any) -> dict[str, Any]:
    """The event part of a call; it repeats the address, as Mailgun's do."""
    headers = {"message-id": f"{request_id}.{generation}@{HOST}", "to": "ann@example.org", "subject": "012345 is"}
    return {"event": kind, "recipient": "ann@example.org", "message": {"headers": headers}, **members}
