"""Turns: which row stands for a name, here and in the database."""

import pytest
from sqlalchemy import literal, select

from parley.sql.turns import slot, slot_in_sql


@pytest.mark.parametrize("name", ["", "ann@example.org", "änn@bücher.example", "𝔄@x.org"])
async def test_a_name_has_one_turn(database, name):
    """Whoever counts by a name gets the same row, whether the name is at hand or in a column."""
    async with database.read() as connection:
        assert (await connection.execute(select(slot_in_sql(literal(name))))).scalar_one() == slot(name)
