"""What migrations are made of: steps that may be repeated.

MySQL commits each change of the schema by itself, so a migration that was cut off has done some of its steps and
begins again. Text is compared byte by byte there, as SQLite does: addresses and digests are equal or they are not.
"""

from collections.abc import Mapping
from typing import Any

from alembic import op
from sqlalchemy import inspect

_MYSQL: Mapping[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_0900_bin"}


def create_table(name: str, *columns: Any) -> None:
    """Make a table unless it is there."""
    if not inspect(op.get_bind()).has_table(name):
        op.create_table(name, *columns, **_MYSQL)


def add_column(table: str, column: Any) -> None:
    """Add a column unless it is there."""
    if column.name not in {it["name"] for it in inspect(op.get_bind()).get_columns(table)}:
        op.add_column(table, column)


def create_index(name: str, table: str, columns: list[str]) -> None:
    """Make an index unless it is there; MySQL has no IF NOT EXISTS for it."""
    if name not in {it["name"] for it in inspect(op.get_bind()).get_indexes(table)}:
        op.create_index(name, table, columns)
