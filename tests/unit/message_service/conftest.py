"""message-service on a fresh database, and four people who are signed in."""

import pytest
from support.messaging import messaging


@pytest.fixture
async def world(tmp_path):
    async with messaging(tmp_path) as opened:
        yield opened


@pytest.fixture
async def ann(world):
    return await world.member("ann")


@pytest.fixture
async def bob(world):
    return await world.member("bob")


@pytest.fixture
async def eve(world):
    return await world.member("eve")


@pytest.fixture
async def kim(world):
    return await world.member("kim")
