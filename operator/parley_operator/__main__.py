"""`parley-operator <agent|operate>`: the sidecar of one pod, or the operator of a namespace."""

import logging
import sys
from collections.abc import Callable
from importlib import import_module

_NOISY = ("httpx2", "kopf.objects", "kopf.activities", "aiohttp.access", "aioice")
"""They have a line for each request, for each event of an object, for each probe and for each canary."""

COMMANDS = {"agent": "parley_operator.agent.command", "operate": "parley_operator.operate"}


def main() -> None:
    """Run the command that is named."""
    name = sys.argv[1] if len(sys.argv) == 2 else ""
    if name not in COMMANDS:
        sys.exit(f"usage: parley-operator {'|'.join(COMMANDS)}")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for logger in _NOISY:
        logging.getLogger(logger).setLevel(logging.WARNING)
    # Each command brings its own libraries; a sidecar is to stay small.
    command: Callable[[], None] = import_module(COMMANDS[name]).main
    try:
        command()
    except ValueError as error:
        sys.exit(f"parley-operator {name}: {error}")


if __name__ == "__main__":
    main()
