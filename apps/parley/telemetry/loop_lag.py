"""Measures how late the event loop is: what blocks it makes every connection of the process wait."""

import asyncio

from parley.telemetry.port import Meters

_EVERY_S = 1.0


async def measure_loop_lag(meters: Meters) -> None:
    """Once a second until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + _EVERY_S
        await asyncio.sleep(_EVERY_S)
        meters.loop_lag(max(0.0, loop.time() - due))
