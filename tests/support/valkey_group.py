"""Several Valkey servers in one container, each of which may be killed, stopped and started again.

They have the same addresses inside and outside, since they tell them to their clients.
"""

from collections.abc import Sequence

from redis.connection import Connection
from support import valkey
from support.fault_proxy import free_port
from testcontainers.core.container import DockerContainer

_HOST = "127.0.0.1"
_TOGETHER_WITHIN_S = 60


class Group:
    """The container. Servers are called by their ports; each has a folder of its own."""

    def __init__(self, count: int) -> None:
        self.ports = [free_port() for _ in range(count)]
        self._container = DockerContainer(valkey.IMAGE).with_command(["sleep", "infinity"])
        for port in self.ports:
            self._container.ports[f"{port}/tcp"] = (_HOST, port)
        self._container.start()

    def start(self, port: int, *options: str) -> None:
        """Start the server at a port, with what it has kept."""
        directory = f"/tmp/{port}"  # noqa: S108 -- inside the container
        self.run("mkdir", "-p", directory)
        common = ["--port", str(port), "--protected-mode", "no", "--save", "", "--daemonize", "yes", "--dir", directory]
        self.run("valkey-server", *common, "--pidfile", f"{directory}/pid", *options)
        self.wait_until([port], "PONG", "ping")

    def signal(self, name: str, port: int) -> None:
        """Send a signal to the server at a port: KILL ends it, STOP keeps it from running, CONT lets it go on."""
        self.run("sh", "-c", f"kill -{name} $(cat /tmp/{port}/pid)")

    def ask(self, port: int, *command: str) -> str:
        """What a server answers."""
        connection = Connection(host=_HOST, port=port, protocol=2)
        try:
            connection.send_command(*command)
            answer = connection.read_response()
        finally:
            connection.disconnect()
        return answer.decode() if isinstance(answer, bytes) else str(answer)

    def wait_until(self, ports: Sequence[int], part: str, *command: str) -> None:
        """Return once the answers of all these servers to a command have this part."""
        words = " ".join(command)
        checks = " && ".join(f"valkey-cli -p {port} {words} | grep -q '{part}'" for port in ports)
        self.run("timeout", str(_TOGETHER_WITHIN_S), "sh", "-c", f"until {checks}; do sleep 0.05; done")

    def run(self, *command: str) -> str:
        """What a command inside prints. Fails if it does."""
        code, output = self._container.exec(list(command))
        assert code == 0, output.decode(errors="replace")
        return output.decode(errors="replace")

    def end(self) -> None:
        """Stop all of it."""
        self._container.stop()
