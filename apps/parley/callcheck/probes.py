"""What the services say of themselves, asked when a hop takes long and after a failure. Next: `hops.py`, what follows.

A service looks at its engines every few seconds, so what it says of one that has just gone is late.
"""

import asyncio
import time
from collections.abc import Mapping

import httpx2

from parley.callcheck.hops import WAY, Hop, Probed, accused

_PATIENCE_S = 3.0
_LOOKS = 8


class Probes:
    """The services' /readyz by name. `late_s` is how long after it went an engine may still be called well, `every_s`
    the time between two looks.
    """

    def __init__(self, urls: Mapping[str, str], *, late_s: float = 10.0, every_s: float = 1.0) -> None:
        self._urls, self._late_s, self._every_s = urls, late_s, every_s

    async def after(self, hop: Hop) -> Mapping[str, Probed]:
        """What is said after a failure: as soon as somebody on the way is at fault, at the latest after `late_s`."""
        until = time.monotonic() + self._late_s
        async with httpx2.AsyncClient(timeout=_PATIENCE_S) as http:
            probed = await self._look(http, hop)
            while probed and not accused(hop, probed) and time.monotonic() < until:
                await asyncio.sleep(self._every_s)
                probed = await self._look(http, hop)
        return probed

    async def hopeless(self, hop: Hop) -> None:
        """Return when one on the way has been at fault at eight looks in a row, so that waiting on is of no use."""
        looks: Mapping[str, int] = {}
        async with httpx2.AsyncClient(timeout=_PATIENCE_S) as http:
            while _LOOKS not in looks.values():
                await asyncio.sleep(self._every_s)
                looks = {name: looks.get(name, 0) + 1 for name in accused(hop, await self._look(http, hop))}

    async def _look(self, http: httpx2.AsyncClient, hop: Hop) -> Mapping[str, Probed]:
        urls = {name: self._urls[name] for name in WAY[hop] if name in self._urls}
        found = await asyncio.gather(*(_ask(http, url) for url in urls.values()))
        return dict(zip(urls, found, strict=True))


async def _ask(http: httpx2.AsyncClient, url: str) -> Probed:
    try:
        told = (await http.get(url)).json()
        engines = {**told["checks"], **told["optional"]}
    except (httpx2.HTTPError, ValueError, KeyError):
        return Probed(answers=False)
    return Probed(away=[name for name, state in engines.items() if state != "ok"])
