"""What a hardened TURN server does not do, asked at the real one: everything but relaying UDP between two callers."""

import asyncio
import ssl
from contextlib import nullcontext

import pytest
from support import coturn
from support.certificates import Certificate
from support.turn_client import OK, TCP, credential, turn_client

from parley.doctor.allocation import allocation
from parley.doctor.urls import parse
from parley.turn.coturn import Certificate as InFiles

pytestmark = pytest.mark.engine

SECRET = "of-both"
CLI, WEB_ADMIN, METRICS = 5766, 8080, 9641


@pytest.fixture
def container():
    return coturn.server()


@pytest.fixture
async def relay(container):
    async with container.running(container.hardened(SECRET)) as at:
        yield at


async def test_tcp_is_not_relayed(relay):
    """An allocation that would open TCP connections to peers is refused."""
    async with turn_client(relay, credential(SECRET)) as client:
        assert await client.allocate(transport=TCP) == 442


@pytest.mark.parametrize("port", [CLI, WEB_ADMIN, METRICS])
async def test_nobody_administers_it_from_the_network(relay, container, port):
    """No port but that of TURN is open."""
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(container.address, port)


async def test_nothing_is_allocated_for_long(relay):
    """Whoever asks for a day gets ten minutes, and has to show that they are still there."""
    async with turn_client(relay, credential(SECRET)) as client:
        assert await client.allocate(lifetime=86_400) == OK
        assert client.told["LIFETIME"] == 600


async def test_it_does_not_say_what_it_is(relay):
    """No answer names the program or its version."""
    async with turn_client(relay, credential(SECRET)) as client:
        assert await client.allocate() == OK
        assert "SOFTWARE" not in client.told


async def test_old_tls_is_refused(container, tmp_path):
    """With a certificate TURN is spoken over TLS 1.2 and 1.3, and not over 1.1."""
    made = Certificate(tmp_path, container.address)
    made.key_file.chmod(0o644)
    container.put(tmp_path, made.file.name, made.key_file.name)
    files = InFiles(chain=f"{coturn.FOLDER}/{made.file.name}", key=f"{coturn.FOLDER}/{made.key_file.name}")
    async with container.running(container.hardened(SECRET, certificate=files)):
        url, at = parse(f"turns:{container.address}"), (container.address, files.port)
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            async with allocation(url, at, credential(SECRET), only(made.client(), version)):
                pass
        with pytest.raises(ssl.SSLError):
            await asyncio.open_connection(*at, ssl=only(made.client(), ssl.TLSVersion.TLSv1_1))


def only(context: ssl.SSLContext, version: ssl.TLSVersion) -> ssl.SSLContext:
    # Python itself would not even offer what is old.
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="deprecated") if version < ssl.TLSVersion.TLSv1_2 else nullcontext():
        context.minimum_version = context.maximum_version = version
    return context
