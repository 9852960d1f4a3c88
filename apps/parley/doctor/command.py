"""`python -m parley doctor`: examine every URL of TURN_SERVER_URLS, print what was found, exit with 1 if a call fails.

The browser's side of the same is `/chat/doctor`, which sees the way from there. Next: `probes.py`.
"""

import asyncio
import sys
from collections.abc import Iterator, Sequence

from parley.configuration import load
from parley.doctor.checks import NO_URL, Finding, verdict
from parley.doctor.probes import examine
from parley.turn.settings import TurnSettings


async def run() -> None:
    """Examine and print. Raises ConfigurationError for wrong settings, SystemExit(1) if something is to be mended."""
    settings = load(TurnSettings)
    secrets = settings.ring().ring().secrets
    findings = await findings_of(settings.urls, secrets)
    print("\n".join(_lines(findings)), flush=True)
    if not all(it.is_fine for it in findings):
        sys.exit(1)


async def findings_of(urls: Sequence[str], secrets: Sequence[str]) -> Sequence[Finding]:
    """One finding for each URL, or that there is none."""
    if not urls:
        return [NO_URL]
    return [verdict(it) for it in await asyncio.gather(*(examine(url, secrets) for url in urls))]


def _lines(findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings:
        yield f"{finding.url}\n  {finding.sentence}" if finding.url else finding.sentence
        if finding.remedy:
            yield f"  {finding.remedy}"
