"""One Cassandra node in a container for all tests of a run; each test takes conversations or a keyspace of its own."""

import asyncio
import atexit
import functools
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from cassandra.cluster import Session
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from parley.identity.model import new_id
from parley.messages.cassandra import CassandraLog, open_cassandra_log
from parley.messages.cassandra_cluster import connected
from parley.messages.cassandra_schema import migrate_cassandra
from parley.messages.cassandra_urls import parse_cassandra_url

IMAGE = "cassandra:5.0"
USER, PASSWORD = "cassandra", "cassandra"
PATIENT_S = 60.0
"""A time limit that no test comes near, however busy the machine is."""

_WITH_PASSWORDS = (
    "sed -i s/AllowAllAuthenticator/PasswordAuthenticator/ /etc/cassandra/cassandra.yaml"
    " && exec docker-entrypoint.sh cassandra -f"
)
_ALONE = "-Dcassandra.skip_wait_for_gossip_to_settle=0 -Dcassandra.superuser_setup_delay_ms=0"
"""There are no other nodes to wait for."""


@functools.cache
def server() -> DockerContainer:
    """The one node, which asks for passwords, started by the first test that needs it and stopped at the end."""
    container = DockerContainer(IMAGE).with_exposed_ports(9042)
    container.with_command(["bash", "-c", _WITH_PASSWORDS])
    container.with_env("MAX_HEAP_SIZE", "512M").with_env("HEAP_NEWSIZE", "128M").with_env("JVM_EXTRA_OPTS", _ALONE)
    container.with_env("CASSANDRA_NUM_TOKENS", "1")
    container.waiting_for(LogMessageWaitStrategy("Created default superuser role").with_startup_timeout(300))
    container.start()
    atexit.register(container.stop)
    return container


def address() -> tuple[str, int]:
    """Where the node listens."""
    return server().get_container_host_ip(), int(server().get_exposed_port(9042))


def url(keyspace: str = "parley", password: str = PASSWORD, at: tuple[str, int] | None = None) -> str:
    """A keyspace of the node; reached at another address if one is given."""
    host, port = at or address()
    return f"cassandra://{USER}:{password}@{host}:{port}/{keyspace}"


@asynccontextmanager
async def cassandra(folder: Path) -> AsyncIterator[CassandraLog]:
    """The log in the keyspace that tests share; only a conversation of a new id is empty."""
    async with open_cassandra_log(await asyncio.to_thread(migrated), PATIENT_S) as log:
        yield log


@functools.cache
def migrated() -> str:
    """The URL of the keyspace that tests share, made once; waits, so it is for a thread where a loop runs."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, migrate_cassandra(url())).result()
    return url()


@asynccontextmanager
async def empty_keyspace() -> AsyncIterator[str]:
    """The name of a keyspace that is not there yet, dropped in the end."""
    name = f"parley_{new_id()[-12:]}"
    yield name
    await execute(f"DROP KEYSPACE IF EXISTS {name}")


async def execute(*statements: str) -> list[list[dict[str, object]]]:
    """The rows of each statement, executed by the node's superuser."""
    return await asyncio.to_thread(_execute, statements)


def _execute(statements: tuple[str, ...]) -> list[list[dict[str, object]]]:
    with session() as opened:
        return [list(opened.execute(statement)) for statement in statements]


@contextmanager
def session() -> Iterator[Session]:
    """A session of the driver, for what a log does not do."""
    with connected(parse_cassandra_url(url()), PATIENT_S) as opened:
        yield opened


@asynccontextmanager
async def paused() -> AsyncIterator[None]:
    """The node does not get to run meanwhile; its connections stay as they are."""
    container = server().get_wrapped_container()
    await asyncio.to_thread(container.pause)
    try:
        yield
    finally:
        await asyncio.to_thread(container.unpause)
