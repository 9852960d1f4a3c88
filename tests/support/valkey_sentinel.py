"""A primary, a replica, and the sentinel that puts one in the place of the other."""

from collections.abc import Iterator
from contextlib import contextmanager

from support.valkey_group import Group

SERVICE = "parley"


class Watched:
    """The three of them, running."""

    def __init__(self) -> None:
        self.group = Group(3)
        self.primary, self.replica, self.sentinel = self.group.ports
        self.group.start(self.primary)
        self.group.start(self.replica, "--replicaof", "127.0.0.1", str(self.primary))
        self.group.wait_until([self.replica], "master_link_status:up", "info", "replication")
        lines = [
            f"port {self.sentinel}",
            "protected-mode no",
            f"sentinel monitor {SERVICE} 127.0.0.1 {self.primary} 1",
            f"sentinel down-after-milliseconds {SERVICE} 1000",
            f"sentinel failover-timeout {SERVICE} 5000",
            "daemonize yes",
        ]
        self.group.run("sh", "-c", f"echo '{chr(10).join(lines)}' > sentinel.conf")
        self.group.run("valkey-sentinel", "sentinel.conf")
        self.group.wait_until([self.sentinel], f"{self.replica}", "sentinel", "replicas", SERVICE)

    @property
    def url(self) -> str:
        """The service by a sentinel that is away and one that answers."""
        return f"redis+sentinel://127.0.0.1:1,127.0.0.1:{self.sentinel}/{SERVICE}/0"

    def step_down(self) -> None:
        """Have the servers change places, as soon as the sentinel finds the replica good enough for that."""
        self.group.wait_until([self.sentinel], "OK", "sentinel", "failover", SERVICE)

    def wait_until_replaced(self) -> None:
        """Return once the sentinel names the other server."""
        self.group.wait_until([self.sentinel], str(self.replica), "sentinel", "get-master-addr-by-name", SERVICE)


@contextmanager
def watched() -> Iterator[Watched]:
    """A service of one's own, for a test that breaks it."""
    made = Watched()
    try:
        yield made
    finally:
        made.group.end()
