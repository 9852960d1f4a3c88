"""The servers under a fleet, each behind a proxy: those of the port suites, but for the one that gets killed.

Next: `fleet.py`, which runs the services over them.
"""

import asyncio
import atexit
import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from support import cassandra, kafka, mailpit, mysql, valkey
from support.fault_proxy import FaultProxy, Network, free_port
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

DATABASE = KEYSPACE = "fleet"


class Server:
    """A container on an address that it keeps when it is killed and started again, and the way to it."""

    def __init__(self, container: DockerContainer, way: FaultProxy) -> None:
        self._container, self.way = container, way

    @asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """It does not get to run meanwhile; its connections stay as they are."""
        container = self._container.get_wrapped_container()
        await asyncio.to_thread(container.pause)
        try:
            yield
        finally:
            await asyncio.to_thread(container.unpause)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self._container.get_wrapped_container().kill()

    def start(self) -> None:
        """Start it again on what it has on its disk."""
        self._container.get_wrapped_container().start()

    def run(self, *command: str) -> bytes:
        """What a command inside prints. Fails if it does."""
        code, output = self._container.exec(list(command))
        assert code == 0, output.decode(errors="replace")
        return output


@functools.cache
def network() -> Network:
    """The one thread with proxies, ended with the run."""
    made = Network()
    atexit.register(made.close)
    return made


@functools.cache
def redis() -> Server:
    """A Valkey server that may be killed; it keeps nothing on disk."""
    port = free_port()
    container = DockerContainer(valkey.IMAGE).with_command(["valkey-server", "--save", ""])
    # `with_bind_ports` would listen on every address of the machine.
    container.ports["6379"] = ("127.0.0.1", port)
    container.waiting_for(LogMessageWaitStrategy("Ready to accept connections"))
    container.start()
    atexit.register(container.stop)
    return Server(container, network().proxy("127.0.0.1", port))


@functools.cache
def mailbox() -> mailpit.Mailpit:
    """A mail server that takes everything from everybody."""
    container = DockerContainer(mailpit.IMAGE).with_exposed_ports(1025, 8025)
    container.start()
    atexit.register(container.stop)
    smtp, http = (int(container.get_exposed_port(it)) for it in (1025, 8025))
    server = mailpit.Mailpit(mailpit.engine_address(), smtp, http)
    server.wait_until_ready()
    return server


@functools.cache
def database() -> Server:
    """The MySQL server of the port suites, with a database of the fleets."""
    server = mysql.server()
    host, _, port = server.address.rpartition(":")
    return Server(server.container, network().proxy(host, int(port)))


@functools.cache
def log() -> Server:
    """The Cassandra node of the port suites, with a keyspace of the fleets."""
    return Server(cassandra.server(), network().proxy(*cassandra.address()))


def environment() -> dict[str, str]:
    """Where the services find everything, by way of the proxies."""
    return {
        "DATABASE_URL": database_url(database().way.port),
        "REDIS_URL": f"redis://127.0.0.1:{redis().way.port}/0",
        "MESSAGE_LOG_URL": cassandra.url(KEYSPACE, at=("127.0.0.1", log().way.port)),
        "BUS_URL": kafka.broker().url(),
        "PARLEY_LOBBY": "off",
        "DRAIN_SECONDS": "0",
        "OTP_LOOPBACK_PER_HOUR": "1000000",
    }


def database_url(port: int) -> str:
    """The fleets' database at a port of this machine."""
    return f"mysql+aiomysql://parley:{mysql.PASSWORD}@127.0.0.1:{port}/{DATABASE}"


async def make_database() -> None:
    """The fleets' database, empty; the keyspace is made by the migration."""
    await mysql.server().as_root(
        f"CREATE DATABASE {DATABASE}",
        f"GRANT ALL ON {DATABASE}.* TO parley",
    )


def heal() -> None:
    """Every way is open again."""
    for server in (database(), redis(), log()):
        server.way.heal()
