"""The product as a user starts it: one real process on free ports, its terminal read line by line."""

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

_CODE = re.compile(r"sign-in code for (\S+): (\d{6}) \(valid 3 minutes\)")
_READY = re.compile(r"Parley is ready: (http://localhost:(\d+)/)")
_WAIT_S = 90


class ParleyProcess:
    """`python -m parley all` on a data folder. Restarting it keeps folder and port, as a user's would."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder, self._environment = folder, environment
        self._lines: list[str] = []
        self._grown = threading.Condition()
        self._port, self._is_over = 0, False
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        """The address it printed, without the trailing slash."""
        return f"http://localhost:{self._port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> "ParleyProcess":
        """Start and return once it has said that it is ready."""
        return self.launch().ready()

    def launch(self) -> "ParleyProcess":
        """Start, and do not wait for it."""
        self._lines.clear()
        self._is_over = False
        self._process = subprocess.Popen(
            [sys.executable, "-m", "parley", "all"],
            env=self._variables(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, args=(self._process,), daemon=True).start()
        return self

    def ready(self) -> "ParleyProcess":
        """Return once it has said so."""
        try:
            self._port = int(self._wait_for(_READY).group(2))
        except AssertionError:
            self.kill()
            raise
        return self

    def code_for(self, address: str, count: int = 1) -> str:
        """The `count`-th code that the terminal has shown for an address since the start; waits for it."""

        def found() -> str | None:
            codes = [m.group(2) for line in self._lines if (m := _CODE.search(line)) and m.group(1) == address]
            return codes[count - 1] if len(codes) >= count else None

        return self._until(found, f"code {count} for the address")

    def output(self) -> str:
        """Everything printed since the start."""
        with self._grown:
            return "\n".join(self._lines)

    def stop(self) -> int:
        """Ask it to stop (SIGTERM) and return its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """End it at once (SIGKILL), as a crash would."""
        return self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> int:
        process = self._process
        if process is None:
            return 0
        process.send_signal(number)
        code = process.wait(_WAIT_S)
        if process.stdout:
            process.stdout.close()
        self._process = None
        return code

    def _variables(self) -> dict[str, str]:
        others = dict.fromkeys(("CHAT_SERVICE_PORT", "MESSAGE_SERVICE_PORT", "RTC_SERVICE_PORT"), "0")
        ports = others | {"REGISTRATION_API_PORT": str(self._port)}
        return os.environ | ports | {"PARLEY_DATA_DIR": str(self.folder)} | self._environment

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                with self._grown:
                    self._lines.append(line.rstrip("\n"))
                    self._grown.notify_all()
        except ValueError:
            # `_end` closed the pipe after the process had gone.
            return
        with self._grown:
            self._is_over = process is self._process
            self._grown.notify_all()

    def _wait_for(self, pattern: re.Pattern[str]) -> re.Match[str]:
        return self._until(
            lambda: next((m for line in self._lines if (m := pattern.search(line))), None), pattern.pattern
        )

    def _until(self, find, what: str):
        with self._grown:
            self._grown.wait_for(lambda: find() is not None or self._is_over, _WAIT_S)
            found = find()
            assert found is not None, f"waited for {what}; the terminal shows:\n" + "\n".join(self._lines)
            return found
