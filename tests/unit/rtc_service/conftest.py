"""rtc-service on a fresh database, and people who are signed in."""

import pytest
from support.signaling import signaling


@pytest.fixture
async def world(tmp_path):
    async with signaling(tmp_path) as opened:
        yield opened


@pytest.fixture
async def ann(world):
    return await world.peer("ann")


@pytest.fixture
async def bob(world):
    return await world.peer("bob")


@pytest.fixture
async def eve(world):
    return await world.peer("eve")


@pytest.fixture
async def kim(world):
    return await world.peer("kim")
