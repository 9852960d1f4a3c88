"""The services as real processes, several of each, over real servers. Next: `chat_client.py`, who uses them.

A process keeps its port over a restart, as a pod keeps its name; what it prints goes into a file of its own.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import httpx2
from support.fault_proxy import free_port

KEYS = {"CODE_KEY": "11" * 32, "CODE_PEPPER": "22" * 32}
REGISTRATION, WORKER, CHAT, MESSAGES = "registration-api", "email-worker", "chat-service", "message-service"
_START_S = _MIGRATED_S = 180.0


class Replica:
    """One process of one service."""

    def __init__(self, service: str, log: Path, environment: Mapping[str, str], launcher: Sequence[str]) -> None:
        self.service, self.log, self.port = service, log, free_port()
        self._launcher = launcher
        self._environment = {**os.environ, **environment, "PARLEY_PORT": str(self.port), "METRICS_PORT": "0"}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def has_crashed(self) -> bool:
        """Whether it has ended by itself."""
        return self._process is not None and self._process.poll() is not None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start without waiting for anything."""
        with self.log.open("ab") as log:
            command = [sys.executable, *self._launcher, self.service]
            self._process = subprocess.Popen(command, env=self._environment, stdout=log, stderr=subprocess.STDOUT)

    def wait_until_ready(self) -> None:
        """Return once it says so itself."""
        until = time.monotonic() + _START_S
        while not self._is_ready():
            assert self.is_running, f"{self.service} has ended:\n{self.tail()}"
            assert time.monotonic() < until, f"{self.service} is not ready:\n{self.tail()}"
            time.sleep(0.05)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        assert not self.has_crashed, f"{self.service} has ended by itself:\n{self.tail()}"
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def restart(self) -> None:
        """Start it anew and return once it is ready."""
        self.start()
        self.wait_until_ready()

    def freeze(self) -> None:
        """It does not get to run; its connections stay as they are."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def tail(self) -> str:
        """The end of what it has printed."""
        return self.log.read_text(errors="replace")[-3_000:]

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def _is_ready(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx2.TransportError:
            return False


class Fleet:
    """Some replicas of some services. They are started together, and ended together however that goes."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder, self.environment = folder, {**KEYS, **environment}
        self._replicas: list[Replica] = []

    def add(
        self, service: str, count: int = 1, launcher: Sequence[str] = ("-m", "parley"), **environment: str
    ) -> list[Replica]:
        """So many more replicas of a service, not started yet."""
        made = []
        for _ in range(count):
            log = self.folder / f"{service}-{len(self._replicas)}.log"
            log.touch()
            made.append(Replica(service, log, self.environment | environment, launcher))
            self._replicas.append(made[-1])
        return made

    def start(self) -> None:
        """Start what does not run, and return once all are ready."""
        for replica in self._replicas:
            if not replica.is_running:
                replica.start()
        for replica in self._replicas:
            replica.wait_until_ready()

    def of(self, service: str) -> list[Replica]:
        """The replicas of a service, running or not."""
        return [it for it in self._replicas if it.service == service]

    def urls(self, service: str) -> list[str]:
        return [it.url for it in self.of(service)]

    def migrate(self) -> None:
        """Bring the stores up to date."""
        command = [sys.executable, "-m", "parley", "migrate"]
        until = time.monotonic() + _MIGRATED_S
        # A server that has just been started may not answer in time; whoever deploys runs a failed job again.
        while subprocess.run(command, env={**os.environ, **self.environment}, timeout=_MIGRATED_S).returncode:
            assert time.monotonic() < until, "the stores cannot be migrated"

    def output(self) -> str:
        """Everything that all of them have printed."""
        return "".join(it.log.read_text(errors="replace") for it in self._replicas)

    def end(self) -> None:
        """Kill whatever still runs."""
        for replica in self._replicas:
            if replica.is_running:
                replica.kill()

    def mishaps(self) -> list[str]:
        """Which services have ended by themselves, with their last words, and the ends of exceptions in the logs.

        An engine that is away is told in a sentence; an exception is something that nobody has thought of.
        """
        ended = [f"{it.service}:\n{it.tail()}" for it in self._replicas if it.has_crashed]
        told = [f"{it.service}:\n{line['exception'][-1_500:]}" for it in self._replicas for line in _exceptions(it.log)]
        return ended + told


def _exceptions(log: Path) -> Iterator[dict[str, str]]:
    for text in log.read_text(errors="replace").splitlines():
        # A process that was killed may not have finished its last line.
        if text.startswith("{") and text.endswith("}"):
            line = json.loads(text)
            if "exception" in line:
                yield line
