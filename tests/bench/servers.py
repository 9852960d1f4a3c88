"""The servers of a comparison, each with a generator of its own, started and stopped by this program alone."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.accounts import Accounts
from support.parley_process import ParleyProcess

_WAIT_S = 10


class Load:
    """The generator's process, and the orders that it takes."""

    def __init__(self, process: "subprocess.Popen[str]", pid: int) -> None:
        self._process = process
        self.pid = pid

    def order(self, what: str, **details: float) -> dict[str, Any]:
        """Give one order and return what came of it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"order": what, **details}) + "\n")
        self._process.stdin.flush()
        return self.answer()

    def answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the generator has ended")
        return json.loads(line)


@contextlib.contextmanager
def product(folder: Path) -> Iterator[ParleyProcess]:
    """Parley on a data folder, warnings only on the terminal."""
    parley = ParleyProcess(folder)
    try:
        yield parley.start()
    finally:
        _stop(parley)


@contextlib.contextmanager
def loaded_product(folder: Path, accounts: Accounts, core: int) -> Iterator[Load]:
    """Parley and a generator whose members are those accounts."""
    with product(folder) as parley:
        port = int(parley.url.rpartition(":")[2])
        with _generator({"pid": parley.pid, "port": port, "core": core, **accounts._asdict()}) as load:
            yield load


@contextlib.contextmanager
def loaded_peer(module: str, core: int) -> Iterator[Load]:
    """A server to compare with, `bench.naive` or `bench.bare`, and a generator."""
    with _child(module) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with _generator({"pid": process.pid, "port": port, "core": core, "tokens": [], "users": []}) as load:
            yield load


@contextlib.contextmanager
def _generator(setup: dict[str, Any]) -> Iterator[Load]:
    with _child("bench.generator") as process:
        assert process.stdin is not None
        process.stdin.write(json.dumps(setup) + "\n")
        process.stdin.flush()
        load = Load(process, setup["pid"])
        load.answer()
        yield load


@contextlib.contextmanager
def _child(module: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen([sys.executable, "-m", module], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=_WAIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _stop(parley: ParleyProcess) -> None:
    try:
        parley.stop()
    except subprocess.TimeoutExpired:
        parley.kill()
