"""Rows that stand for whose turn it is to count and insert, see `parley.sql.turns`."""

from alembic import op
from sqlalchemy import Column, Integer, column, insert, select, table

from parley.sql.steps import create_table

revision = "0002"
down_revision = "0001"

_SLOTS = 256
_turns = table("turns", column("slot"))


def upgrade() -> None:
    create_table("turns", Column("slot", Integer, primary_key=True, autoincrement=False))
    connection = op.get_bind()
    known = set(connection.scalars(select(_turns.c.slot)))
    missing = [{"slot": slot} for slot in range(_SLOTS) if slot not in known]
    if missing:
        connection.execute(insert(_turns), missing)
