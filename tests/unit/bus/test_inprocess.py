"""What only the bus inside a process does: it refuses what nobody would take, because it keeps nothing for later."""

import asyncio

import pytest
from support.buses import inprocess

from parley.bus.port import BusUnavailable


@pytest.fixture
async def bus():
    async with inprocess(asyncio.sleep) as opened:
        yield opened


async def test_publishing_without_a_consumer_is_refused(bus):
    """The bus takes no responsibility for what nobody would handle."""
    with pytest.raises(BusUnavailable):
        await bus.publish(b"1")


async def test_a_full_partition_refuses(bus):
    """A consumer that hangs fills its partition up to a bound; then publishing is refused instead of growing."""
    hanging = asyncio.Event()
    async with bus.consuming(lambda event: hanging.wait()):
        with pytest.raises(BusUnavailable):
            await bus.publish(*[b"x"] * 20_000)
