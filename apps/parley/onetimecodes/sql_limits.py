"""How often a code may be asked for, as SQL: each limit is a count of rows over a span of the database's time."""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import ColumnElement, ScalarSelect, and_, func, select, true

from parley.onetimecodes.model import DAY_MS, Asker, RequestLimits
from parley.sql.clock import now_ms
from parley.sql.tables import otp_requests

_MINUTE_MS, _HOUR_MS = 60_000, 60 * 60_000


class _Window(NamedTuple):
    """At most `most` of the rows that match `whose` may be younger than `span_ms`."""

    whose: ColumnElement[bool]
    span_ms: int
    most: int


def is_admissible(asker: Asker, limits: RequestLimits) -> ColumnElement[bool]:
    """Whether one more request keeps every limit."""
    return and_(*(_count(window) < window.most for window in _windows(asker, limits)))


def waits(asker: Asker, limits: RequestLimits) -> list[ColumnElement[int]]:
    """For each limit the milliseconds until it admits a request again: none or not positive if it does now."""
    return [_oldest_counted(window) + window.span_ms - now_ms() for window in _windows(asker, limits)]


def _windows(asker: Asker, limits: RequestLimits) -> Iterator[_Window]:
    address = and_(
        otp_requests.c.limit_key == asker.limit_key,
        otp_requests.c.known_device.is_not_distinct_from(asker.known_device),
    )
    yield _Window(address, limits.spacing_ms, 1)
    yield _Window(address, _HOUR_MS, limits.per_hour)
    yield _Window(address, DAY_MS, limits.per_day)
    yield _Window(otp_requests.c.network == asker.network, _HOUR_MS, limits.network_per_hour)
    yield _Window(true(), _MINUTE_MS, limits.everyone_per_minute)


def _count(window: _Window) -> ScalarSelect[int]:
    recent = otp_requests.c.created_at > now_ms() - window.span_ms
    return select(func.count()).select_from(otp_requests).where(window.whose, recent).scalar_subquery()


def _oldest_counted(window: _Window) -> ScalarSelect[int]:
    # The limit admits again once the youngest `most` are no longer all inside the span.
    by_age = select(otp_requests.c.created_at).where(window.whose).order_by(otp_requests.c.created_at.desc())
    return by_age.limit(1).offset(window.most - 1).scalar_subquery()
