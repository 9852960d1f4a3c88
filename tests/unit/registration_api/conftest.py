"""Both halves of signing in on a fresh database."""

import pytest
from support.registration import registration


@pytest.fixture
async def world(tmp_path):
    async with registration(tmp_path) as opened:
        yield opened


@pytest.fixture
async def browser(world):
    return await world.browser()
