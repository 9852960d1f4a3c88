"""The server under test: one somewhere, by its URL, or one that is started here and whose terminal is read for codes.

Nothing in this folder imports Parley or what its other tests share: whatever speaks the protocol can be tested.

CONFORMANCE_URL           where the server is; empty: start `python -m parley all` on a folder of its own
CONFORMANCE_CODE_COMMAND  with CONFORMANCE_URL: a command that prints the newest code mailed to the address which it is
                          given as its last argument, and may print nothing as long as there is none
CONFORMANCE_ADDRESS       e-mail addresses to sign in with; `{}` is replaced by a word of each person's own
"""

import os
import re
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PATIENCE_S = 30.0
"""How long a mail, or a start, is waited for."""

_CODE = re.compile(r"\b(\d{6})\b")
_READY = re.compile(r"is ready: (http://\S+?)/?$")


@dataclass(frozen=True)
class Server:
    """Where it is, how a code that it mails is read, and the form of addresses that it can mail to."""

    url: str
    code_for: Callable[[str], str]
    address: str = "conformance-{}@example.org"


class WrongSetUp(Exception):
    """What is missing, as a sentence."""


@contextmanager
def under_test(folder: Path) -> Iterator[Server]:
    """The server that the environment names, or one on `folder`, which ends with the block. Raises WrongSetUp."""
    url, command = os.environ.get("CONFORMANCE_URL", ""), os.environ.get("CONFORMANCE_CODE_COMMAND", "")
    if not url:
        with _started(folder) as server:
            yield server
        return
    if not command:
        raise WrongSetUp("CONFORMANCE_CODE_COMMAND is missing: a command that prints the code mailed to an address.")
    address = os.environ.get("CONFORMANCE_ADDRESS", Server.address)
    yield Server(url.rstrip("/"), lambda to: _printed(shlex.split(command), to), address)


def _printed(command: list[str], address: str) -> str:
    """What the command prints, once there is a code in it."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        run = subprocess.run([*command, address], capture_output=True, text=True, check=True)
        found = _CODE.search(run.stdout)
        if found:
            return found.group(1)
        time.sleep(0.5)  # another process of another machine has no way to tell us
    raise WrongSetUp(f"`{shlex.join(command)}` has printed no code within {PATIENCE_S:.0f} s.")


@contextmanager
def _started(folder: Path) -> Iterator[Server]:
    ports = {f"{it}_PORT": "0" for it in ("REGISTRATION_API", "CHAT_SERVICE", "MESSAGE_SERVICE", "RTC_SERVICE")}
    process = subprocess.Popen(
        [sys.executable, "-m", "parley", "all"],
        env=os.environ | ports | {"PARLEY_DATA_DIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    terminal = _Terminal(process)
    try:
        ready = terminal.wait_for(lambda line: _READY.search(line))
        yield Server(ready.group(1), lambda to: terminal.wait_for(lambda line: _shown_code(line, to)).group(1))
    finally:
        process.terminate()
        process.wait(PATIENCE_S)
        terminal.close()


def _shown_code(line: str, address: str) -> re.Match[str] | None:
    return _CODE.search(line) if f" {address}:" in line else None


class _Terminal:
    """The lines that a process prints, for as long as it runs."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process, self._lines, self._is_over = process, list[str](), False
        self._grown = threading.Condition()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def wait_for(self, match: Callable[[str], re.Match[str] | None]) -> re.Match[str]:
        """The newest line that matches, now or when it comes."""

        def found() -> re.Match[str] | None:
            return next((it for line in reversed(self._lines) if (it := match(line))), None)

        with self._grown:
            self._grown.wait_for(lambda: found() or self._is_over, PATIENCE_S)
            hit = found()
        if hit is None:
            raise WrongSetUp("The server has not printed what was waited for:\n" + "\n".join(self._lines))
        return hit

    def close(self) -> None:
        """After the end of the process."""
        self._reading.join()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._grown:
                self._lines.append(line.rstrip("\n"))
                self._grown.notify_all()
        with self._grown:
            self._is_over = True
            self._grown.notify_all()
