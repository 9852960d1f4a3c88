"""`python -m parley call-check`: make a call, print each hop, exit with 1 and the hop's name where it ends.

Next: `check.py`.
"""

import ssl
import sys

from parley.callcheck.check import Check
from parley.callcheck.hops import Broken, verdict
from parley.callcheck.probes import Probes
from parley.callcheck.settings import CheckSettings
from parley.configuration import ConfigurationError, load


async def run() -> None:
    """Check and print. Raises ConfigurationError for wrong settings, SystemExit(1) for a call that broke."""
    settings = load(CheckSettings)
    probes = Probes(settings.probes)
    try:
        await Check(settings, _trust(settings), probes, _print).run()
    except Broken as broken:
        _print(verdict(broken, await probes.after(broken.hop)))
        sys.exit(1)
    _print("The call works.")


def _trust(settings: CheckSettings) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if settings.check_ca_file is not None:
        try:
            context.load_verify_locations(settings.check_ca_file)
        except OSError as error:
            raise ConfigurationError(f"CHECK_CA_FILE: it cannot be read as certificates ({error}).") from error
    return context


def _print(line: str) -> None:
    print(line, flush=True)
