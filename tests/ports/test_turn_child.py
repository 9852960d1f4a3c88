"""The TURN server beside the embedded process: there when a turnserver is on PATH, and gone with the process.

The program is the one of coturn's image, unpacked and run on this machine.
"""

import asyncio
import os
import signal
import stat
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from support import coturn
from support.turn_client import OK, credential, turn_client

from parley.doctor.checks import verdict
from parley.doctor.probes import examine
from parley.doctor.urls import parse
from parley.turn.child import HOST, RESTARTS, free_port, turn_server

SECRETS = ["that-signs", "that-is-accepted"]


@pytest.fixture(scope="module")
def program(tmp_path_factory) -> str:
    """A folder for PATH."""
    return str(coturn.unpack_program(tmp_path_factory.mktemp("coturn")))


@pytest.fixture
def logged(caplog):
    """What is said about the child."""
    caplog.set_level("DEBUG")
    return caplog


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """Where temporary folders are made."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@asynccontextmanager
async def child(program):
    async with turn_server(SECRETS, program) as urls:
        assert urls is not None
        yield urls


def pids(folder: Path) -> list[int]:
    """Processes whose command line names the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if os.fsencode(folder) in command and int(process.name) != os.getpid():
            found.append(int(process.name))
    return found


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.mark.engine
async def test_the_first_who_ask_at_once_get_in(program):
    """Of several who ask a server that has just begun at the same moment nobody is refused."""
    for _ in range(4):
        async with child(program) as urls, AsyncExitStack() as stack:
            server = HOST, parse(urls[0]).port
            some = [await stack.enter_async_context(turn_client(server, credential(*SECRETS))) for _ in range(6)]
            assert await asyncio.gather(*(client.allocate() for client in some)) == [OK] * 6


@pytest.mark.engine
async def test_a_call_works_over_each_url(program):
    """Over UDP and over TCP a packet goes from one relay address to another, with credentials of either secret."""
    async with child(program) as urls:
        assert [it.rpartition("=")[2] for it in urls] == ["udp", "tcp"]
        for secrets in (SECRETS, SECRETS[::-1]):
            findings = [verdict(await examine(url, secrets)) for url in urls]
            assert [it.slug for it in findings] == ["fine", "fine"]


@pytest.mark.engine
async def test_nobody_else_is_reached(program):
    """It relays to loopback's one address and the public internet, and to no private network of this machine."""
    async with child(program) as urls:
        at = (HOST, parse(urls[0]).port)
        async with turn_client(at, credential(*SECRETS)) as client:
            assert await client.allocate() == OK
            assert client.relayed[0] == HOST
            assert await client.permit(HOST) == OK
            refused = [await client.permit(it) for it in ("127.0.0.2", "10.0.0.1", "192.168.1.1", "169.254.169.254")]
            assert refused == [403] * 4


@pytest.mark.engine
async def test_only_its_owner_reads_the_secrets(program, temporary, logged):
    """The configuration lies in a folder of its owner alone, is readable by nobody else, and no secret is logged."""
    async with child(program):
        (file,) = temporary.glob("*/turnserver.conf")
        assert SECRETS[0] in file.read_text()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert not any(it in logged.text for it in SECRETS)


@pytest.mark.engine
async def test_nothing_is_left(program, temporary):
    """With the block the process and its folder are gone, and nobody listens any more."""
    async with child(program) as urls:
        assert len(pids(temporary)) == 1
    assert pids(temporary) == []
    assert list(temporary.iterdir()) == []
    port = parse(urls[0]).port
    assert free_port(port) == port


@pytest.mark.engine
async def test_one_that_dies_is_started_again(program, temporary, logged):
    """A turnserver that was killed is told, and is there again under the same URLs with the same secrets."""
    async with child(program) as urls:
        (first,) = pids(temporary)
        os.kill(first, signal.SIGKILL)
        await until(lambda: "started again" in logged.text)
        assert verdict(await examine(urls[0], SECRETS)).is_fine
        assert pids(temporary) != [first]


@pytest.mark.engine
async def test_one_that_keeps_dying_is_left_alone(program, temporary, logged):
    """After some restarts it is said that calls have no relay, and the process goes on without."""
    async with child(program):
        for number in range(RESTARTS + 1):
            await until(lambda number=number: logged.text.count("started again") == number)
            (it,) = pids(temporary)
            os.kill(it, signal.SIGKILL)
        await until(lambda: "without a relay" in logged.text)
        assert pids(temporary) == []


@pytest.mark.engine
async def test_it_dies_with_a_process_that_is_killed(program, temporary):
    """Nobody is left behind by a process that could not stop its child."""
    script = (
        "import asyncio, sys\n"
        "from parley.turn.child import turn_server\n"
        "async def main():\n"
        "    async with turn_server(['s'], sys.argv[1]) as urls:\n"
        "        print(urls, flush=True)\n"
        "        await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    environment = os.environ | {"TMPDIR": str(temporary), "PYTHONPATH": os.pathsep.join(sys.path)}
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, program, stdout=asyncio.subprocess.PIPE, env=environment
    )
    assert b"turn:" in await parent.stdout.readline()
    assert len(pids(temporary)) == 1
    parent.kill()
    await parent.wait()
    await until(lambda: pids(temporary) == [])


@pytest.mark.engine
async def test_another_port_if_it_is_taken(program):
    """A second one beside the first answers on a port of its own."""
    async with child(program) as first, child(program) as second:
        assert not set(first) & set(second)
        assert verdict(await examine(second[0], SECRETS)).is_fine


async def test_without_a_program_there_is_none(tmp_path):
    """Where no turnserver is on PATH there are no URLs, and nothing goes wrong."""
    async with turn_server(SECRETS, str(tmp_path)) as urls:
        assert urls is None


BROKEN = {
    "of another machine": ("\x7fELF", "cannot be run"),
    "without a version": ("#!/bin/sh\necho hello\n", "does not tell its version"),
    "that ends at once": ("#!/bin/sh\n[ $1 = --version ] && echo 4.18.0 || exit 3\n", "code 3"),
}


@pytest.mark.parametrize(("text", "told"), BROKEN.values(), ids=BROKEN)
async def test_a_program_that_cannot_serve_is_told(tmp_path, logged, text, told):
    """A turnserver that does not start leaves us without a relay, and the log says why."""
    broken(tmp_path, text)
    async with turn_server(SECRETS, str(tmp_path)) as urls:
        assert urls is None
    assert told in logged.text


@pytest.mark.engine
async def test_an_old_version_is_told(program, tmp_path, logged):
    """One with known holes serves this machine all the same, which is said."""
    broken(tmp_path, f'#!/bin/sh\n[ $1 = --version ] && echo 4.6.1 || exec {program}/turnserver "$@"\n')
    async with turn_server(SECRETS, str(tmp_path)) as urls:
        assert verdict(await examine(urls[0], SECRETS)).is_fine
    assert "4.6.1 has known holes" in logged.text


def broken(folder: Path, text: str) -> None:
    file = folder / "turnserver"
    file.write_text(text)
    file.chmod(0o755)
