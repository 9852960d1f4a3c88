"""How every answer of this service is made: JSON that no cache keeps, and the weak entity tag of a session."""

import time
from collections.abc import Mapping

from fastapi import Response

from parley.rtc_service.model import Session


def json(body: bytes, headers: Mapping[str, str]) -> Response:
    """An answer with this JSON text."""
    return Response(body, 200, {"Cache-Control": "no-store", **headers}, media_type="application/json")


def entity_tag(session: Session) -> str:
    """Weak, because credentials and remaining times differ between answers of one revision."""
    return f'W/"{session.rev}"'


def now_ms() -> int:
    """Milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000
