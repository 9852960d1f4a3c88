"""How often a code may be asked for, as SQL: each limit is a count of rows over a span of the database's time.

The statements are built once and told by name whom they are about, because building one takes longer than executing it.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, ScalarSelect, Select, String, and_, bindparam, func, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from parley.onetimecodes.model import DAY_MS, Asker, RequestLimits
from parley.sql.clock import now_ms
from parley.sql.tables import otp_requests

_MINUTE_MS, _HOUR_MS = 60_000, 60 * 60_000


class _Window(NamedTuple):
    """At most so many of the rows that match `whose` may be younger than a span; `name` is that of both numbers."""

    name: str
    whose: ColumnElement[bool]

    def number(self, what: str) -> ColumnElement[int]:
        return bindparam(f"{self.name}_{what}", type_=Integer())


def is_admissible() -> ColumnElement[bool]:
    """Whether one more request keeps every limit; `named` says whose and which."""
    return and_(*(_count(window) < window.number("most") for window in _windows()))


async def wait_ms(connection: AsyncConnection, asker: Asker, limits: RequestLimits) -> int:
    """Milliseconds until every limit admits a request again, 0 if they do now."""
    row = (await connection.execute(_waits(), named(asker, limits))).one()
    known: list[int] = [wait for wait in row if wait is not None]
    return max([0, *known])


def named(asker: Asker, limits: RequestLimits) -> Mapping[str, Any]:
    """What the statements here name."""
    windows = {
        "spacing": (limits.spacing_ms, 1),
        "hour": (_HOUR_MS, limits.per_hour),
        "day": (DAY_MS, limits.per_day),
        "network": (_HOUR_MS, limits.network_per_hour),
        "everyone": (_MINUTE_MS, limits.everyone_per_minute),
    }
    spans = {f"{name}_ms": span_ms for name, (span_ms, _) in windows.items()}
    most = {f"{name}_most": most for name, (_, most) in windows.items()}
    others = {f"{name}_others": most - 1 for name, (_, most) in windows.items()}
    asking = {"asker_address": asker.limit_key, "asker_device": asker.known_device, "asker_network": asker.network}
    return {**asking, **spans, **most, **others}


def _windows() -> Iterator[_Window]:
    address = and_(
        otp_requests.c.limit_key == bindparam("asker_address"),
        otp_requests.c.known_device.is_not_distinct_from(bindparam("asker_device", type_=String())),
    )
    yield _Window("spacing", address)
    yield _Window("hour", address)
    yield _Window("day", address)
    yield _Window("network", otp_requests.c.network == bindparam("asker_network"))
    yield _Window("everyone", true())


def _count(window: _Window) -> ScalarSelect[int]:
    recent = otp_requests.c.created_at > now_ms() - window.number("ms")
    return select(func.count()).select_from(otp_requests).where(window.whose, recent).scalar_subquery()


@cache
def _waits() -> Select[Any]:
    waits: list[ColumnElement[Any]] = [_oldest_counted(it) + it.number("ms") - now_ms() for it in _windows()]
    return select(*waits)


def _oldest_counted(window: _Window) -> ScalarSelect[int]:
    # The limit admits again once the youngest `most` are no longer all inside the span.
    by_age = select(otp_requests.c.created_at).where(window.whose).order_by(otp_requests.c.created_at.desc())
    return by_age.limit(1).offset(window.number("others")).scalar_subquery()
