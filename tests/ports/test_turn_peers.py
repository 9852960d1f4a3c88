"""Whom a hardened TURN server lets its clients reach: everybody on the public internet, itself, and nobody else."""

from ipaddress import ip_network

import pytest
from support import coturn
from support.turn_client import OK, V4, V6, credential, turn_client

from parley.doctor.allocation import allocation
from parley.doctor.urls import parse
from parley.turn.coturn import TurnServer

pytestmark = pytest.mark.engine

SECRET = "of-both"
PODS = ip_network("34.16.0.0/14")
"""A network of the deployment that is a public one by its number."""

FORBIDDEN_V4 = {
    "this network": "0.0.0.1",
    "private 10": "10.0.0.1",
    "private 10, last": "10.255.255.255",
    "carrier-grade NAT": "100.64.0.1",
    "a cloud's metadata behind NAT": "100.100.100.200",
    "loopback": "127.0.0.1",
    "loopback, last": "127.255.255.255",
    "link-local": "169.254.0.1",
    "metadata": "169.254.169.254",
    "private 172": "172.31.255.255",
    "protocol assignments": "192.0.0.192",
    "documentation 1": "192.0.2.1",
    "6to4 anycast": "192.88.99.1",
    "private 192": "192.168.1.1",
    "benchmarking": "198.19.0.1",
    "documentation 2": "198.51.100.1",
    "documentation 3": "203.0.113.1",
    "multicast": "224.0.0.1",
    "multicast, last": "239.255.255.255",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "pods": "34.16.0.1",
    "pods, last": "34.19.255.255",
}

FORBIDDEN_V6 = {
    "unspecified": "::",
    "loopback": "::1",
    "mapped loopback": "::ffff:127.0.0.1",
    "mapped private": "::ffff:10.0.0.1",
    "mapped metadata": "::ffff:169.254.169.254",
    "mapped public": "::ffff:8.8.8.8",
    "compatible loopback": "::127.0.0.1",
    "compatible private": "::10.0.0.1",
    "translated (SIIT)": "::ffff:0:10.0.0.1",
    "NAT64 private": "64:ff9b::10.0.0.1",
    "NAT64 metadata": "64:ff9b::169.254.169.254",
    "NAT64 public": "64:ff9b::8.8.8.8",
    "NAT64 local": "64:ff9b:1::10.0.0.1",
    "6to4 private": "2002:a00:1::1",
    "6to4 loopback": "2002:7f00:1::1",
    "Teredo": "2001:0:a00:1::1",
    "ORCHID": "2001:20::1",
    "discard": "100::1",
    "documentation": "2001:db8::1",
    "documentation, new": "3fff::1",
    "segment routing": "5f00::1",
    "unique local": "fd00::1",
    "unique local, metadata": "fd00:ec2::254",
    "link-local": "fe80::1",
    "site-local": "fec0::1",
    "multicast": "ff02::1",
    "multicast, global": "ff0e::1",
}

FORBIDDEN = {V4: FORBIDDEN_V4, V6: FORBIDDEN_V6}
PUBLIC = [(V4, "8.8.8.8"), (V4, "34.20.0.1"), (V4, "172.32.0.1"), (V6, "2606:4700::1111"), (V6, "2a00:1450::1")]


@pytest.fixture
def container():
    return coturn.server()


@pytest.fixture
async def relay(container):
    """A relay of both families. Over IPv6 it has only loopback, where it listens for nobody."""
    hardened: TurnServer = container.hardened(SECRET, relays=[container.address, "::1"], denied=[PODS])
    async with container.running(hardened) as at:
        yield at


@pytest.mark.parametrize("family", [V4, V6], ids=["over IPv4", "over IPv6"])
async def test_no_forbidden_peer_is_reached(relay, family):
    """Each address that is not public is refused with 403, as a permission and as a channel."""
    addresses = list(FORBIDDEN[family].values())
    async with turn_client(relay, credential(SECRET)) as client:
        assert await client.allocate(family=family) == OK
        permissions = {it: await client.permit(it) for it in addresses}
        channels = {it: await client.bind(it, 0x4000 + number) for number, it in enumerate(addresses)}
    assert permissions == channels == dict.fromkeys(addresses, 403)


@pytest.mark.parametrize(("family", "peer"), PUBLIC)
async def test_public_peers_are_reached(relay, family, peer):
    """What lies beside the forbidden networks is let through, else the rule before would hold for a dead relay too."""
    async with turn_client(relay, credential(SECRET)) as client:
        assert await client.allocate(family=family) == OK
        assert await client.permit(peer) == OK


async def test_two_callers_meet_on_the_relay(relay):
    """The relay's own address is allowed, and of a thousand packets from one allocation to another all arrive."""
    url = parse(f"turn:{relay[0]}")
    async with allocation(url, relay, credential(SECRET)) as ours, allocation(url, relay, credential(SECRET)) as theirs:
        await theirs.bind(ours.address)
        await ours.bind(theirs.address)
        arrived = []
        for number in range(1000):
            await ours.send(number.to_bytes(4, "big"), theirs.address)
            arrived.append(int.from_bytes(await theirs.received(), "big"))
        assert arrived == list(range(1000))


async def test_its_neighbour_is_not_reached(relay, container):
    """The address next to the relay's own, where another container would be, is refused."""
    head, _, last = container.address.rpartition(".")
    async with turn_client(relay, credential(SECRET)) as client:
        assert await client.allocate() == OK
        assert await client.permit(f"{head}.{(int(last) + 1) % 256}") == 403
        assert await client.permit(f"{head}.1") == 403
