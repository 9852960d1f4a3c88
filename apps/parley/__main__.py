"""`python -m parley <what>`: picks a composition root and runs it.

`all` is the whole product in one process (`embedded.py`), a service's name is that service alone, `migrate` brings
the database up to date, `doctor` tries the TURN servers. A configuration error is told in a sentence per mistake, and
the exit code is 2.
"""

import argparse
import asyncio
import importlib
import logging
import os
import sys
from collections.abc import Callable, Coroutine, Iterable, Mapping

import uvloop

from parley.configuration import ConfigurationError, load
from parley.messages.port import LogUnavailable
from parley.sql.errors import DatabaseUnavailable
from parley.sql.refusals import refusal
from parley.telemetry import logs
from parley.telemetry.settings import LogSettings

Run = Callable[[], Coroutine[None, None, None]]

_log = logging.getLogger("parley")

COMMANDS: Mapping[str, tuple[str, str]] = {
    "all": ("parley.embedded", "every service in one process, on SQLite"),
    "registration-api": ("parley.registration_api.wiring", "sign-in, sessions and the page"),
    "email-worker": ("parley.email_worker.wiring", "makes codes and mails them"),
    "chat-service": ("parley.chat_service.wiring", "WebSockets, live messages and presence"),
    "message-service": ("parley.message_service.wiring", "conversations, members and history"),
    "doctor": ("parley.doctor.command", "try what a call does with each TURN server, and say what is wrong"),
    "call-check": ("parley.callcheck.command", "make a call against an installation, and say where it breaks"),
    "turnserver-conf": ("parley.turn.coturn_command", "print the configuration of a TURN server"),
    "rtc-service": ("parley.rtc_service.wiring", "sessions of calls: offers, answers, candidates, TURN credentials"),
    "make-secrets": ("parley.cluster_secrets.command", "make the secrets of a cluster that are missing"),
    "migrate": ("parley.sql.command", "bring the schemas of database and message log up to date"),
}

TOLD_TO_PEOPLE = frozenset({"all", "call-check", "doctor", "make-secrets", "migrate", "turnserver-conf"})
"""Commands that somebody runs by hand; what a service alone logs is for machines."""


def main() -> None:
    """Run one command and exit: 0 after an orderly stop, 1 after a failure, 2 for a wrong configuration."""
    sys.exit(_run(_arguments().command))


def _run(command: str) -> int:
    is_json = False
    try:
        is_json = logs.configure(_log_settings(command), is_alone=command not in TOLD_TO_PEOPLE)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            _refuse_moved_time(command)
            run: Run = importlib.import_module(COMMANDS[command][0]).run
            runner.run(run())
    except ConfigurationError as error:
        return _refuse(error.sentences, is_json=is_json)
    except (DatabaseUnavailable, LogUnavailable) as error:
        return _tell_absence(error, is_json=is_json)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in ("", "parley"):
            raise
        # Drivers are installed where their engine is configured, and no more than a command needs.
        sentence = f"{command}, as it is configured, needs the package {package}; see requirements/."
        return _refuse([sentence], is_json=is_json)
    return 0


def _refuse_moved_time(command: str) -> None:
    if command != "all" and os.environ.get("PARLEY_MOVABLE_CLOCK", "off") != "off":
        raise ConfigurationError("PARLEY_MOVABLE_CLOCK: only `all`, everything in one process, can move its clock.")


def _tell_absence(error: DatabaseUnavailable | LogUnavailable, *, is_json: bool) -> int:
    """Only where a schema is brought up to date at once; a service alone waits for its engines."""
    is_database = isinstance(error, DatabaseUnavailable)
    refused = refusal(error.__cause__) if is_database else None
    what = "DATABASE_URL: the database" if is_database else "MESSAGE_LOG_URL: the message log"
    _refuse([refused or f"{what} does not answer; try again when it does."], is_json=is_json)
    return 2 if refused else 1


def _log_settings(command: str) -> LogSettings:
    try:
        return load(LogSettings)
    except ConfigurationError:
        if command == "migrate":
            raise
        # A service reads them again, and tells all mistakes together.
        return LogSettings.model_construct()


def _refuse(sentences: Iterable[str], *, is_json: bool) -> int:
    for sentence in sentences:
        if is_json:
            _log.critical(sentence)
        else:
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
