"""`python -m parley <what>`: picks a composition root and runs it.

`all` is the whole product in one process (`embedded.py`), a service's name is that service alone, `migrate` brings
the database up to date. A configuration error is told in a sentence per mistake, and the exit code is 2.
"""

import argparse
import asyncio
import importlib
import logging
import sys
from collections.abc import Callable, Coroutine, Iterable, Mapping

import uvloop

from parley.configuration import ConfigurationError

Run = Callable[[], Coroutine[None, None, None]]

COMMANDS: Mapping[str, tuple[str, str]] = {
    "all": ("parley.embedded", "every service in one process, on SQLite"),
    "registration-api": ("parley.registration_api.wiring", "sign-in, sessions and the page"),
    "email-worker": ("parley.email_worker.wiring", "makes codes and mails them"),
    "chat-service": ("parley.chat_service.wiring", "WebSockets, live messages and presence"),
    "message-service": ("parley.message_service.wiring", "conversations, members and history"),
    "migrate": ("parley.sql.command", "bring the database's schema up to date"),
}

DRIVERS = frozenset({"aiomysql", "aiosmtplib", "httpx2", "pymysql", "redis"})
"""Packages of engines that the one process does without; they are installed where an engine is configured."""


def main() -> None:
    """Run one command and exit: 0 after an orderly stop, 1 after a failure, 2 for a wrong configuration."""
    sys.exit(_run(_arguments().command))


def _run(command: str) -> int:
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            run: Run = importlib.import_module(COMMANDS[command][0]).run
            runner.run(run())
    except ConfigurationError as error:
        return _refuse(error.sentences)
    except ModuleNotFoundError as error:
        if error.name not in DRIVERS:
            raise
        return _refuse([f"the configured engine needs the package {error.name}; see requirements/engines.txt."])
    return 0


def _refuse(sentences: Iterable[str]) -> int:
    for sentence in sentences:
        print(f"parley: {sentence}", file=sys.stderr)
    return 2


def _arguments() -> argparse.Namespace:
    lines = "\n".join(f"  {name:18}{what}" for name, (_, what) in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="parley", description=f"commands:\n{lines}", formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=COMMANDS, metavar="command")
    return parser.parse_args()


if __name__ == "__main__":
    main()
