"""The database's clock as a SQL expression: milliseconds since 1970 UTC.

Replicas may disagree about the time, the database does not. On SQLite the clock is a function that `sqlite.py`
registers on each connection, which is also how a test moves it; on MySQL a test sets the session's `timestamp`.
"""

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

Clock = Callable[[], int]


def system_clock() -> int:
    """The machine's time in milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


class now_ms(FunctionElement[int]):  # noqa: N801 -- it reads as the SQL function that it is
    """The database's time in milliseconds since 1970 UTC."""

    type = BigInteger()
    inherit_cache = True


@compiles(now_ms, "sqlite")
def _sqlite(element: now_ms, compiler: Any, **options: Any) -> str:
    return "parley_now_ms()"


@compiles(now_ms, "mysql")
def _mysql(element: now_ms, compiler: Any, **options: Any) -> str:
    return "CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)"
