"""What the services say of themselves, asked after a failure. Next: `hops.py`, what follows from it."""

import asyncio
from collections.abc import Mapping

import httpx2

from parley.callcheck.hops import Probed

_PATIENCE_S = 5.0


async def ask(probes: Mapping[str, str]) -> Mapping[str, Probed]:
    """Each service's own words by its name; `probes` are the addresses of /readyz."""
    async with httpx2.AsyncClient(timeout=_PATIENCE_S) as http:
        found = await asyncio.gather(*(_ask(http, url) for url in probes.values()))
    return dict(zip(probes, found, strict=True))


async def _ask(http: httpx2.AsyncClient, url: str) -> Probed:
    try:
        told = (await http.get(url)).json()
        engines = {**told["checks"], **told["optional"]}
    except (httpx2.HTTPError, ValueError, KeyError):
        return Probed(answers=False)
    return Probed(away=[name for name, state in engines.items() if state != "ok"])
