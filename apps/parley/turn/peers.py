"""Whom a relay must never reach: everything that is not the public internet. The TURN server's configuration has it.

A TURN server sends from inside a network what somebody outside hands to it, so each network that is missing here is a
way in. The lists are IANA's registries of special-purpose addresses (RFC 6890), less the anycast services that are
reachable from everywhere. Next: `coturn.py`.
"""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

_V4 = """
0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24
192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
"""

_V6 = """
::ffff:0:0/96 ::ffff:0:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23 2001:db8::/32 2002::/16
3fff::/20 5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8
"""

FORBIDDEN: Sequence[Network] = tuple(ip_network(it) for it in (_V4 + _V6).split())

COMPATIBLE = "::1-::ffff:ffff"
"""Loopback and IPv4-compatible addresses. A range from `::`, which would be the whole network, makes coturn deny every
IPv4 peer as well."""


def ranges(own: Sequence[Network]) -> Iterator[str]:
    """Every forbidden range as coturn reads it, `first-last`; `own` are this deployment's networks."""
    yield COMPATIBLE
    for network in dict.fromkeys((*FORBIDDEN, *own)):
        yield f"{_text(network[0])}-{_text(network[-1])}"


def _text(address: Address) -> str:
    """An IPv4-mapped address in its mixed notation, as every version of coturn reads it."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return f"::ffff:{mapped}" if mapped else str(address)
