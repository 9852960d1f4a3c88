"""The real TURN server: in a container with an address of its own, or its program out of the image, on this machine.

A container is started once a run and idles; what is configured runs in it for as long as a test wants. It is reached at
its address in the engine's network, because a relay is only worth something with an address that is not loopback.
"""

import asyncio
import atexit
import functools
import io
import tarfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient

from parley.turn.binding import answers
from parley.turn.coturn import TurnServer, configuration

IMAGE = "coturn/coturn:4.18"

FOLDER = "/tmp"  # noqa: S108 -- of a container that holds nothing else
"""Where files lie in the container."""

_START = f'printf %s "$CONF" > {FOLDER}/conf && exec turnserver -c {FOLDER}/conf'
_STOP = f"kill -KILL $(cat {FOLDER}/pid) && while kill -0 $(cat {FOLDER}/pid); do :; done"


class Coturn:
    """The container. `address` is where it listens and relays, `gateway` where it sees us."""

    def __init__(self) -> None:
        self._container = DockerContainer(IMAGE).with_command("sleep infinity")
        # Docker switches IPv6 off where its network has none; loopback is enough to be asked for forbidden peers.
        self._container.with_kwargs(init=True, sysctls={"net.ipv6.conf.all.disable_ipv6": "0"})
        self._container.start()
        atexit.register(self._container.stop)
        wrapped = self._container.get_wrapped_container()
        wrapped.reload()
        networks = wrapped.attrs["NetworkSettings"]["Networks"]
        self.address: str = next(iter(networks.values()))["IPAddress"]
        self.gateway: str = next(iter(networks.values()))["Gateway"]

    def hardened(self, *secrets: str, **changes) -> TurnServer:
        """As the chart has it: relays with this address, which is allowed."""
        made = TurnServer(relays=[self.address], allowed=[self.address], secrets=secrets)
        return replace(made, **changes)

    @asynccontextmanager
    async def running(self, server: TurnServer, *more: str) -> AsyncIterator[tuple[str, int]]:
        """A turnserver as configured, with further lines in its configuration; yields where it answers."""
        await asyncio.to_thread(self.start, server, *more)
        try:
            yield self.address, server.port
        finally:
            await asyncio.to_thread(self.stop)

    def start(self, server: TurnServer, *more: str) -> None:
        """Start a turnserver as configured, and return when it answers. Not in a thread that has an event loop."""
        text = configuration(replace(server, pid_file=f"{FOLDER}/pid"))
        self._run(_START, text + "".join(f"{line}\n" for line in more))
        asyncio.run(asyncio.wait_for(answers(self.address, server.port), 20))

    def stop(self) -> None:
        """End it at once."""
        self._run(_STOP)

    def put(self, folder: Path, *names: str) -> None:
        """Copy files of a folder to FOLDER."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for name in names:
                archive.add(folder / name, name)
        self._container.get_wrapped_container().put_archive(FOLDER, packed.getvalue())

    def _run(self, script: str, text: str | None = None) -> None:
        wrapped = self._container.get_wrapped_container()
        code, output = wrapped.exec_run(["sh", "-c", script], environment={"CONF": text or ""}, detach=text is not None)
        assert not code, output


@functools.cache
def server() -> Coturn:
    """The one container of a run."""
    return Coturn()


def unpack_program(folder: Path) -> Path:
    """A folder for PATH with the image's own turnserver, which runs on this machine as any other program does."""
    client = DockerClient().client
    made = client.containers.create(IMAGE)
    try:
        packed = io.BytesIO(b"".join(made.export()))
    finally:
        made.remove()
        client.close()
    with tarfile.open(fileobj=packed) as archive:
        archive.extractall(folder / "root", members=_files(archive), filter="tar")
    return _launcher(folder)


def _files(archive: tarfile.TarFile) -> list[tarfile.TarInfo]:
    places = ("usr/bin/turnserver", "usr/lib", "lib")
    return [it for it in archive if it.name.startswith(places) and not it.isdev()]


def _launcher(folder: Path) -> Path:
    root = folder / "root"
    loader = next(iter(sorted((root / "usr").glob("lib*/ld-linux-*.so.*"))))
    libraries = next(iter(root.glob("usr/lib/*-linux-gnu")))
    launcher = folder / "bin" / "turnserver"
    launcher.parent.mkdir()
    launcher.write_text(f'#!/bin/sh\nexec {loader} --library-path {libraries} {root}/usr/bin/turnserver "$@"\n')
    launcher.chmod(0o755)
    return launcher.parent
