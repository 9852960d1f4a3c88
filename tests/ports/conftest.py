"""What the suites of the relational ports share: a migrated database of each engine, and its clock."""

import pytest
from support.databases import DATABASES, MovableClock


@pytest.fixture
def clock():
    return MovableClock()


@pytest.fixture(params=DATABASES)
async def database(request, tmp_path, clock):
    async with request.param(tmp_path, clock) as opened:
        yield opened
