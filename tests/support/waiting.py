"""Wait for a condition that nobody signals, and not longer than a deadline."""

import asyncio


async def until(holds, within_s=20.0):
    """Return once `holds()` is true. Fails when it is not within the time."""
    async with asyncio.timeout(within_s):
        while not holds():
            await asyncio.sleep(0.005)
