"""A cluster of Valkey servers: three that share the keys, and one stand-in for each."""

import atexit
import functools
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

from redis.asyncio import Redis
from redis.crc import key_slot
from support.valkey import Place
from support.valkey_group import Group

from parley.fanout.redis import RedisFanout

_OPTIONS = (
    *("--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-announce-ip", "127.0.0.1"),
    *("--cluster-node-timeout", "1000"),
)


class ValkeyCluster:
    """A running cluster."""

    def __init__(self, stand_ins: int = 0) -> None:
        self.group = Group(3 * (1 + stand_ins))
        for port in self.group.ports:
            self.group.start(port, *_OPTIONS)
        nodes = [f"127.0.0.1:{port}" for port in self.group.ports]
        create = ["--cluster", "create", *nodes, "--cluster-replicas", str(stand_ins), "--cluster-yes"]
        self.group.run("valkey-cli", *create)
        self.wait_until_ok()
        if stand_ins:
            self.group.wait_until(self.group.ports[3:], "master_link_status:up", "info", "replication")

    @property
    def url(self) -> str:
        return f"redis+cluster://{','.join(f'127.0.0.1:{port}' for port in self.group.ports)}"

    @property
    def nodes(self) -> list[str]:
        """The URL of each server."""
        return [f"redis://127.0.0.1:{port}/0" for port in self.group.ports]

    def wait_until_ok(self, without: int = 0) -> None:
        """Return once every node (but one that is away) knows who has which slot."""
        self.group.wait_until([it for it in self.group.ports if it != without], "cluster_state:ok", "cluster", "info")

    def holder(self, key: str) -> int:
        """The port of the server that has a key."""
        return self.holders()[key_slot(key.encode())]

    def holders(self) -> dict[int, int]:
        """The port of the server that has each slot."""
        found: dict[int, int] = {}
        for line in self.group.ask(self.group.ports[0], "cluster", "nodes").splitlines():
            _, address, _, _, _, _, _, _, *slots = line.split()
            for first, _, last in (it.partition("-") for it in slots if not it.startswith("[")):
                port = int(address.partition("@")[0].rpartition(":")[2])
                found |= dict.fromkeys(range(int(first), int(last or first) + 1), port)
        return found


@functools.cache
def cluster() -> ValkeyCluster:
    """The cluster of the port suites, started by the first test that needs it and stopped at the end of the run."""
    made = ValkeyCluster()
    atexit.register(made.group.end)
    return made


@contextmanager
def own_cluster() -> Iterator[ValkeyCluster]:
    """A cluster with stand-ins for a test that breaks it."""
    made = ValkeyCluster(stand_ins=1)
    try:
        yield made
    finally:
        made.group.end()


class _ClusterPlace(Place):
    @asynccontextmanager
    async def fanout(self) -> AsyncIterator[RedisFanout]:
        await _settle(cluster().nodes)
        async with super().fanout() as opened:
            yield opened


CLUSTER = _ClusterPlace(lambda: cluster().url, lambda: cluster().nodes)
"""The cluster of the port suites."""


async def _settle(nodes: Sequence[str]) -> None:
    """Return when nothing that was published earlier is still on its way from one node to another."""
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(Redis.from_url(it, protocol=3)) for it in nodes]
        ears = [await stack.enter_async_context(client.pubsub(ignore_subscribe_messages=True)) for client in clients]
        for ear in ears:
            await ear.subscribe("settled")
            await ear.get_message(timeout=10)
        for client in clients:
            await client.publish("settled", "x")
        for ear in ears:
            for _ in nodes:
                while await ear.get_message(timeout=10) is None:
                    pass
