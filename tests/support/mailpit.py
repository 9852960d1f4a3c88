"""Mailpit in a container: a real SMTP server with TLS and passwords, and what arrived there."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
from support.certificates import Certificate
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient

IMAGE = "axllent/mailpit:v1.27"
USER, PASSWORD = "parley", "a:b@c/d"
_SMTP, _HTTP = 1025, 8025
_START_S = 30


def engine_address() -> str:
    """Where the container engine publishes ports, as an IP address."""
    engine = DockerClient()
    try:
        return socket.gethostbyname(engine.host())
    finally:
        engine.client.close()


class Mailpit:
    """A running server and its inbox."""

    def __init__(self, host: str, smtp_port: int, http_port: int) -> None:
        self.host, self.port = host, smtp_port
        self.root = f"http://{host}:{http_port}"
        self._url = f"{self.root}/api/v1"

    def wait_until_ready(self) -> None:
        """Return once it takes mails."""
        until = time.monotonic() + _START_S
        while not self._is_ready():
            assert time.monotonic() < until, "Mailpit does not start"
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        # Testcontainers' own HTTP check leaves a socket open for each answer that is not the wanted one.
        try:
            return httpx2.get(f"{self.root}/readyz").is_success
        except httpx2.TransportError:
            return False

    def empty(self) -> None:
        """Throw away what has arrived."""
        httpx2.delete(f"{self._url}/messages").raise_for_status()

    def mails(self) -> list[dict[str, Any]]:
        """What has arrived: the message, with `headers` as they came."""
        found = httpx2.get(f"{self._url}/messages").json()["messages"]
        return [self._mail(it["ID"]) for it in found]

    def _mail(self, key: str) -> dict[str, Any]:
        headers = httpx2.get(f"{self._url}/message/{key}/headers").json()
        return {**httpx2.get(f"{self._url}/message/{key}").json(), "headers": headers}


@contextmanager
def open_mailpit() -> Iterator[Mailpit]:
    """A server as a development cluster has it: neither TLS nor a password."""
    with DockerContainer(IMAGE).with_exposed_ports(_SMTP, _HTTP) as container:
        yield _ready(container)


@contextmanager
def mailpit(certificate: Certificate, *, implicit_tls: bool = False) -> Iterator[Mailpit]:
    """A server that wants TLS and a password; STARTTLS brings TLS unless it is implicit."""
    container = DockerContainer(IMAGE).with_exposed_ports(_SMTP, _HTTP)
    container.with_copy_into_container(certificate.file, "/server.pem", 0o644)
    container.with_copy_into_container(certificate.key_file, "/server.key", 0o644)
    container.with_envs(
        MP_SMTP_TLS_CERT="/server.pem", MP_SMTP_TLS_KEY="/server.key", MP_SMTP_AUTH=f"{USER}:{PASSWORD}"
    )
    container.with_env("MP_SMTP_REQUIRE_TLS" if implicit_tls else "MP_SMTP_REQUIRE_STARTTLS", "true")
    with container:
        yield _ready(container)


def _ready(container: DockerContainer) -> Mailpit:
    server = Mailpit(engine_address(), int(container.get_exposed_port(_SMTP)), int(container.get_exposed_port(_HTTP)))
    server.wait_until_ready()
    return server
