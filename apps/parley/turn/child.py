"""A TURN server beside the embedded process: coturn, if there is a `turnserver` on PATH, started and stopped with us.

It listens and relays on loopback only, so that two windows of this machine can be in a call over a relay as they would
be over the internet. What it may do is in `coturn.py`; that it answers is asked in `binding.py`.
"""

import asyncio
import logging
import os
import re
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from parley.turn.binding import answers
from parley.turn.coturn import FLOOR, TurnServer, configuration
from parley.turn.first_access import ask_first

_log = logging.getLogger("parley.turn")

HOST, PORT = "127.0.0.1", 3478

RESTARTS = 5
"""How often one that ended by itself is started again; more would hide that it cannot live here."""

_ANSWER_S = 10.0
_STOP_S = 1.0
"""Its relays end with the signal; the threads take three seconds more, and there is nothing that they would save."""


@asynccontextmanager
async def turn_server(secrets: Sequence[str], search: str | None = None) -> AsyncIterator[Sequence[str] | None]:
    """The URLs of a TURN server that accepts credentials signed with any of `secrets`, while the block runs.

    None where there is no `turnserver` in the folders of `search` (PATH), or none that starts. The port is 3478, or any
    free one. A server that ends meanwhile is told in the log and started again under the same URLs.
    """
    program = shutil.which("turnserver", path=search)
    version = await _version(program) if program else ()
    if program is None or not version:
        yield None
        return
    if version < FLOOR:
        told = ".".join(map(str, version))
        _log.warning("turnserver %s has known holes; it serves this machine only, use 4.17.1 elsewhere", told)
    with tempfile.TemporaryDirectory(prefix="parley-turn-") as folder:
        child = _Child(program, Path(folder), free_port(), version)
        child.write(secrets)
        async with child.running() as is_up:
            yield child.urls if is_up else None


def free_port(wanted: int = PORT) -> int:
    """`wanted` if nobody has it on loopback, over UDP or TCP; else one that nobody has."""
    for port in (wanted, 0):
        with suppress(OSError), socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            # A connection that was closed a moment ago keeps nobody from listening.
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tcp.bind((HOST, port))
            udp.bind((HOST, tcp.getsockname()[1]))
            return int(tcp.getsockname()[1])
    return free_port(0)


async def _version(program: str) -> tuple[int, ...]:
    """As it tells itself, `()` if it does not; that includes one that cannot be run."""
    try:
        process = await asyncio.create_subprocess_exec(
            program, "--version", stdin=_NOTHING, stdout=asyncio.subprocess.PIPE, stderr=_NOTHING
        )
    except OSError as error:
        _log.warning("turnserver cannot be run (%s)", _reason(error))
        return ()
    output, _ = await process.communicate()
    found = re.search(rb"(\d+)\.(\d+)(?:\.(\d+))?", output)
    if found is None:
        _log.warning("turnserver does not tell its version, so it is not used")
        return ()
    return tuple(int(it or 0) for it in found.groups())


_NOTHING = asyncio.subprocess.DEVNULL


_USER_QUOTA = 100
"""Relays of one person here: all ports that there are. A laptop has many network interfaces, and a browser takes a
relay for each of them; nobody beyond it can take any."""


class _Child:
    """One place for a turnserver: its folder, its port, and the process that is there now."""

    def __init__(self, program: str, folder: Path, port: int, version: tuple[int, ...]) -> None:
        self._program, self._folder, self._port, self._version = program, folder, port, version
        self._file = folder / "turnserver.conf"
        self._process: asyncio.subprocess.Process | None = None

    @property
    def urls(self) -> Sequence[str]:
        return [f"turn:{HOST}:{self._port}?transport={it}" for it in ("udp", "tcp")]

    def write(self, secrets: Sequence[str]) -> None:
        """The configuration, readable by its owner alone."""
        text = configuration(
            TurnServer(
                listening=[HOST],
                port=self._port,
                relays=[HOST],
                allowed=[HOST],
                secrets=secrets,
                is_loopback=True,
                user_quota=_USER_QUOTA,
                pid_file=str(self._folder / "pid"),
                database=str(self._folder / "turndb"),
                version=self._version,
            )
        )
        with open(os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(text)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[bool]:
        """It runs meanwhile, and ends afterwards. False if it did not start."""
        try:
            if not await self._start():
                yield False
                return
            watching = asyncio.create_task(self._watch())
            try:
                yield True
            finally:
                watching.cancel()
                await asyncio.wait([watching])
        finally:
            await self._stop()

    async def _watch(self) -> None:
        """Starts it again whenever it ends by itself."""
        for _ in range(RESTARTS):
            code = await self._end()
            if not await self._start():
                return
            _log.warning("turnserver had ended with code %s and was started again", code)
        await self._end()
        _log.error("turnserver has ended %s times and is left alone; calls run without a relay", RESTARTS + 1)

    async def _end(self) -> int | None:
        return await self._process.wait() if self._process else None

    async def _start(self) -> bool:
        """Whether there is a process now that answers."""
        try:
            self._process = await _run(self._program, self._file)
        except OSError as error:
            _log.error("turnserver cannot be run (%s); calls run without a relay", _reason(error))
            return False
        if await _ready(self._process, self._port):
            await ask_first(HOST, self._port)
            return True
        await self._stop()
        _log.error("turnserver does not answer (code %s); calls run without a relay", self._process.returncode)
        return False

    async def _stop(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _STOP_S)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _run(program: str, file: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *_bound_to_us(),
        program,
        "-c",
        str(file),
        # Its log names people's addresses, and it is not told apart from ours on the terminal.
        stdin=_NOTHING,
        stdout=_NOTHING,
        stderr=_NOTHING,
        # Ctrl-C reaches every process of the terminal; calls go on until we have drained.
        start_new_session=True,
    )


def _bound_to_us() -> Sequence[str]:
    """What makes Linux end the child when we are killed and cannot do it."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM"] if setpriv else []


async def _ready(process: asyncio.subprocess.Process, port: int) -> bool:
    """Whether it answers before it ends, or before patience does."""
    asking = asyncio.create_task(answers(HOST, port))
    ending = asyncio.create_task(process.wait())
    try:
        await asyncio.wait((asking, ending), timeout=_ANSWER_S, return_when=asyncio.FIRST_COMPLETED)
        return asking.done() and not ending.done()
    finally:
        for task in (asking, ending):
            task.cancel()
        await asyncio.wait((asking, ending))


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
