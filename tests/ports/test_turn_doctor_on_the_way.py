"""The doctor at a real TURN server that is right but for what happens to packets, or that somebody has cut down.

Next: `test_turn_doctor.py`, servers that are wrong themselves.
"""

import pytest
from support import coturn
from support.udp_way import udp_way

from parley.doctor.checks import Finding, verdict
from parley.doctor.probes import examine

pytestmark = pytest.mark.engine

SECRET = "of-both"
_BIND_CHANNEL = b"\x00\x09"


@pytest.fixture
def container():
    return coturn.server()


async def found(container, route) -> Finding:
    """What is said of a server behind a way on which datagrams go by `route`."""
    async with container.running(container.hardened(SECRET)) as at, udp_way(at, route) as port:
        return verdict(await examine(f"turn:127.0.0.1:{port}?transport=udp", [SECRET]))


def is_relayed(packet: bytes) -> bool:
    """Whether it is ChannelData (RFC 8656 section 12.4), not a request."""
    return packet[0] >> 6 == 1


async def test_a_sound_way(container):
    """Where every packet goes through, there is nothing to mend."""
    assert (await found(container, lambda packet: "only")).is_fine


async def test_what_is_relayed_gets_lost(container):
    """Requests are answered, and what is sent to the other relay address comes out nowhere."""
    said = await found(container, lambda packet: None if is_relayed(packet) else "only")
    assert said.slug == "relay-lost"
    assert container.address in said.sentence


async def test_packets_of_one_client_go_different_ways(container):
    """A balancer without affinity: the allocation is not known where the request to use it arrives (437)."""
    said = await found(container, lambda packet: "another" if packet[:2] == _BIND_CHANNEL else "only")
    assert said.slug == "peer-refused"
    assert said.sentence.endswith("with code 437.")


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_server_that_sends_us_elsewhere(container, transport):
    """A server that hands its clients on to another one (300): what has no sentence is told with its code."""
    async with container.running(container.hardened(SECRET), "alternate-server=203.0.113.9:3478") as (host, _):
        said = verdict(await examine(f"turn:{host}?transport={transport}", [SECRET]))
    assert said.slug == "refused"
    assert "with code 300" in said.sentence
