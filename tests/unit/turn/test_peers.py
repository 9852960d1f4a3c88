"""The networks that no relay may reach, against what Python's own copy of IANA's registries knows."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from parley.turn.peers import FORBIDDEN, ranges

RANGES = [tuple(map(ip_address, it.split("-"))) for it in ranges([])]


def is_denied(address) -> bool:
    return any(first <= address <= last for first, last in RANGES if first.version == address.version)


@given(st.builds(IPv4Address, st.integers(0, 2**32 - 1)))
@example(IPv4Address("169.254.169.254"))
@example(IPv4Address("100.64.0.1"))
def test_no_address_that_is_not_public_is_forgotten_of_ipv4(address):
    """What is not global, or is multicast, is denied; nothing else is, but 6to4 and the rest of 192.0.0.0/24."""
    is_public = address.is_global and not address.is_multicast
    assert is_denied(address) == (not is_public or str(address).startswith(("192.88.99.", "192.0.0.")))


@given(st.builds(IPv6Address, st.integers(1, 2**128 - 1)))
@example(IPv6Address("::1"))
@example(IPv6Address("::ffff:127.0.0.1"))
@example(IPv6Address("fec0::1"))
def test_no_address_that_is_not_public_is_forgotten_of_ipv6(address):
    """What is not global, is multicast, or stands for an IPv4 address is denied; `::` is by coturn itself."""
    stands_for_another = address.ipv4_mapped or address.sixtofour or address.teredo
    if not address.is_global or address.is_multicast or address.is_site_local or stands_for_another:
        assert is_denied(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "2606:4700::1111", "2a00:1450::1", "2400::1"])
def test_public_addresses_are_left_out(address):
    """What lies on the public internet is in no range."""
    assert not is_denied(ip_address(address))


def test_each_network_is_named_once():
    """No network lies in another one of the list."""
    for network in FORBIDDEN:
        others = [it for it in FORBIDDEN if it != network and it.version == network.version]
        assert not any(network.subnet_of(it) for it in others)
