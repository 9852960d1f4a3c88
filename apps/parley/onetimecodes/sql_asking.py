"""One-time codes in the relational database: what is written when a code is asked for, the request and its event.

Both are inserted while everyone else who asks waits. Next: `sql_limits.py`, the counts.
"""

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Insert, String, bindparam, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from parley.onetimecodes.model import FIRST_GENERATION, RequestLimits
from parley.onetimecodes.port import NewRequest, PendingEvent
from parley.onetimecodes.sql_limits import is_admissible, named
from parley.sql.clock import now_ms
from parley.sql.tables import otp_requests, outbox


async def insert_request(connection: AsyncConnection, new: NewRequest, limits: RequestLimits) -> bool:
    """Write the row of a request; False if that would break a limit."""
    given = {
        "new_id": new.id,
        "new_email": new.email,
        "new_typed": new.typed,
        "new_browser": new.browser,
        "new_asked_from": new.asked_from,
    }
    inserted = await connection.execute(_inserting_request(), {**given, **named(new.asker, limits)})
    return inserted.rowcount == 1


async def insert_event(connection: AsyncConnection, request_id: str, event: PendingEvent) -> None:
    """Write the row of the outbox that belongs to a request."""
    values = {
        "event_id": event.event_id,
        "request_id": request_id,
        "topic": event.topic,
        "key": event.key,
        "payload": event.payload,
    }
    await connection.execute(_inserting_event(), values)


@cache
def _inserting_request() -> Insert:
    values: dict[str, ColumnElement[Any]] = {
        "id": _text("new_id"),
        "email": _text("new_email"),
        "limit_key": _text("asker_address"),
        "typed": _text("new_typed"),
        "browser": _text("new_browser"),
        "network": _text("asker_network"),
        "known_device": _text("asker_device"),
        "asked_from": _text("new_asked_from"),
        "generation": literal(FIRST_GENERATION),
        "state": literal("queued"),
        "created_at": now_ms(),
        "leased_until": literal(0),
    }
    return insert(otp_requests).from_select(list(values), select(*values.values()).where(is_admissible()))


@cache
def _inserting_event() -> Insert:
    return insert(outbox).values(created_at=now_ms(), attempts=0)


def _text(name: str) -> ColumnElement[str]:
    return bindparam(name, type_=String())
