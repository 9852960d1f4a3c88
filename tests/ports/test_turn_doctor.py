"""The doctor at a real TURN server that is broken in each way it knows: what it says, and that it then is right.

Clocks are not turned: the doctor is given another idea of the time instead, which is the same to it.
"""

import ssl
import time
from dataclasses import replace

import pytest
from support import coturn
from support.certificates import Certificate
from support.fault_proxy import free_port
from support.turn_client import OK, credential, turn_client

from parley.doctor import command
from parley.doctor.checks import CLOCK_WINDOW_S, verdict
from parley.doctor.probes import examine
from parley.turn.coturn import Certificate as InFiles

SECRET = "of-both"
TEST_NET = "203.0.113.9"
BOTH = ("udp", "tcp")


@pytest.fixture
def container():
    return coturn.server()


async def said(host: str, transport: str, *secrets: str, port: int = 3478) -> str:
    return verdict(await examine(f"turn:{host}:{port}?transport={transport}", secrets or [SECRET])).slug


@pytest.mark.engine
@pytest.mark.parametrize("transport", BOTH)
async def test_nothing_is_wrong(container, transport):
    """At a server that is as it should be there is nothing to mend."""
    async with container.running(container.hardened(SECRET)) as (host, _):
        assert await said(host, transport) == "fine"


@pytest.mark.engine
@pytest.mark.parametrize("transport", BOTH)
async def test_the_secret_differs(container, transport):
    """A server with another secret."""
    async with container.running(container.hardened("another")) as (host, _):
        assert await said(host, transport) == "secret-differs"


@pytest.mark.engine
async def test_the_ring_differs(container):
    """A server that has the secret that signs, and not the next one."""
    async with container.running(container.hardened(SECRET)) as (host, _):
        assert await said(host, "udp", SECRET, "the-next") == "ring-differs"
    async with container.running(container.hardened(SECRET, "the-next")) as (host, _):
        assert await said(host, "udp", SECRET, "the-next") == "fine"


@pytest.mark.engine
@pytest.mark.parametrize(("transport", "slug"), [("udp", "no-answer"), ("tcp", "port-closed")])
async def test_the_server_is_stopped(container, transport, slug):
    """An address where no server runs."""
    assert await said(container.address, transport) == slug


@pytest.mark.engine
@pytest.mark.parametrize("transport", BOTH)
async def test_its_own_address_is_denied(container, transport):
    """A server that denies private networks and not less its own address in one."""
    async with container.running(container.hardened(SECRET, allowed=[])) as (host, _):
        assert await said(host, transport) == "own-address-denied"


@pytest.mark.engine
@pytest.mark.parametrize("transport", BOTH)
async def test_the_relay_address_leads_nowhere(container, transport):
    """A server that tells peers an address at which nobody is; one that lets us in as a peer shows it."""
    open_to_us = container.hardened(SECRET, allowed=[container.address, container.gateway])
    async with container.running(open_to_us) as (host, _):
        assert await said(host, transport) == "fine"
    async with container.running(replace(open_to_us, external=[f"{TEST_NET}/{container.address}"])) as (host, _):
        assert await said(host, transport) == "relay-unreachable"


@pytest.mark.engine
async def test_callers_who_both_relay_need_no_way_back_in(container):
    """coturn itself translates its external address, so that a packet between two allocations leaves nowhere."""
    async with container.running(container.hardened(SECRET, external=[f"{TEST_NET}/{container.address}"])) as (host, _):
        seen = await examine(f"turn:{host}", [SECRET])
    assert (seen.relay, seen.arrived, seen.arrived_directly) == (TEST_NET, True, None)


@pytest.mark.engine
async def test_there_is_no_relay_port_left(container):
    """A server with a single relay port has none for the second of two callers, and none for us while it is taken."""
    narrow = container.hardened(SECRET, relay_ports=(49160, 49160))
    async with container.running(narrow) as (host, _):
        assert await said(host, "udp") == "no-capacity"
    async with container.running(narrow) as at, turn_client(at, credential(SECRET)) as other:
        assert await other.allocate() == OK
        assert await said(at[0], "udp") == "no-capacity"


@pytest.mark.engine
async def test_the_quota_is_reached(container):
    """A server that lets everybody together have a single allocation."""
    async with container.running(container.hardened(SECRET, total_quota=1)) as (host, _):
        assert await said(host, "udp") == "quota-reached"


SKEWS = {
    "ahead by half a day": (-43_200, "clock-ahead"),
    "ahead by two minutes": (-120, "clock-ahead"),
    "equal but for some seconds": (CLOCK_WINDOW_S // 2, "fine"),
    "behind by two minutes": (120, "clock-behind"),
    "behind by half a day": (43_200, "clock-behind"),
}


@pytest.mark.engine
@pytest.mark.parametrize(("ours", "slug"), SKEWS.values(), ids=SKEWS)
async def test_clocks_differ(container, monkeypatch, ours, slug):
    """The server's clock is ahead of ours or behind it."""
    started = time.time
    monkeypatch.setattr("parley.doctor.probes.time.time", lambda: started() + ours)
    async with container.running(container.hardened(SECRET)) as (host, _):
        assert await said(host, "udp") == slug


@pytest.mark.engine
async def test_the_certificate_is_not_trusted(container, tmp_path):
    """Over TLS a certificate that nobody vouches for is told; with its authority it is fine."""
    made = Certificate(tmp_path, container.address)
    made.key_file.chmod(0o644)
    container.put(tmp_path, made.file.name, made.key_file.name)
    files = InFiles(chain=f"{coturn.FOLDER}/{made.file.name}", key=f"{coturn.FOLDER}/{made.key_file.name}")
    async with container.running(container.hardened(SECRET, certificate=files)):
        url = f"turns:{container.address}?transport=tcp"
        assert verdict(await examine(url, [SECRET], ssl.create_default_context())).slug == "bad-certificate"
        assert verdict(await examine(url, [SECRET], made.client())).slug == "fine"


async def test_the_name_is_unknown():
    """A host that the DNS does not know."""
    assert await said("nobody.invalid", "udp") == "name-unknown"


@pytest.mark.parametrize(("transport", "slug"), [("udp", "no-answer"), ("tcp", "port-closed")])
async def test_nobody_listens(transport, slug):
    """A port of this machine at which there is nobody."""
    assert await said("127.0.0.1", transport, port=free_port()) == slug


async def test_no_server_is_configured():
    """Without a URL that is what is found."""
    assert [it.slug for it in await command.findings_of([], [SECRET])] == ["no-url"]
