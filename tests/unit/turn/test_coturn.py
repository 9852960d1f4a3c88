"""coturn's configuration as text: known answers, and nothing in it that a value could smuggle in."""

from ipaddress import ip_network

import pytest

from parley.turn.coturn import FLOOR, Certificate, TurnServer, configuration

HARDENED = """\
use-auth-secret
fingerprint
no-tcp-relay
no-multicast-peers
no-dynamic-ip-list
no-dynamic-realms
stale-nonce=600
max-allocate-lifetime=600
max-bps=1000000
simple-log
no-stdout-log
log-file=stdout
realm=parley
user-quota=18
total-quota=100
listening-port=3478
relay-ip=10.9.8.7
external-ip=198.51.100.7/10.9.8.7
min-port=49160
max-port=49200
static-auth-secret=signs
static-auth-secret=accepted
no-tls
allowed-peer-ip=10.9.8.7
"""

DENIED = """\
denied-peer-ip=::1-::ffff:ffff
denied-peer-ip=0.0.0.0-0.255.255.255
denied-peer-ip=10.0.0.0-10.255.255.255
denied-peer-ip=100.64.0.0-100.127.255.255
denied-peer-ip=127.0.0.0-127.255.255.255
denied-peer-ip=169.254.0.0-169.254.255.255
denied-peer-ip=172.16.0.0-172.31.255.255
denied-peer-ip=192.0.0.0-192.0.0.255
denied-peer-ip=192.0.2.0-192.0.2.255
denied-peer-ip=192.88.99.0-192.88.99.255
denied-peer-ip=192.168.0.0-192.168.255.255
denied-peer-ip=198.18.0.0-198.19.255.255
denied-peer-ip=198.51.100.0-198.51.100.255
denied-peer-ip=203.0.113.0-203.0.113.255
denied-peer-ip=224.0.0.0-239.255.255.255
denied-peer-ip=240.0.0.0-255.255.255.255
denied-peer-ip=::ffff:0.0.0.0-::ffff:255.255.255.255
denied-peer-ip=::ffff:0:0:0-::ffff:0:ffff:ffff
denied-peer-ip=64:ff9b::-64:ff9b::ffff:ffff
denied-peer-ip=64:ff9b:1::-64:ff9b:1:ffff:ffff:ffff:ffff:ffff
denied-peer-ip=100::-100::ffff:ffff:ffff:ffff
denied-peer-ip=100:0:0:1::-100::1:ffff:ffff:ffff:ffff
denied-peer-ip=2001::-2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff
denied-peer-ip=2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff
denied-peer-ip=2002::-2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff
denied-peer-ip=3fff::-3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff
denied-peer-ip=5f00::-5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff
denied-peer-ip=fc00::-fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
denied-peer-ip=fe80::-febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff
denied-peer-ip=fec0::-feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
denied-peer-ip=ff00::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
denied-peer-ip=34.118.224.0-34.118.239.255
"""


def pod(**changes) -> TurnServer:
    given = {"relays": ["10.9.8.7"], "external": ["198.51.100.7/10.9.8.7"], "secrets": ["signs", "accepted"]}
    own = {"allowed": ["10.9.8.7"], "denied": [ip_network("34.118.224.0/20")]}
    return TurnServer(**given | own | changes)


def lines(**changes) -> list[str]:
    return configuration(pod(**changes)).splitlines()


def test_the_configuration_of_a_pod():
    """Hardening, places, secrets in their order, the own address, and every network that is not the internet."""
    assert configuration(pod()) == HARDENED + DENIED


def test_no_range_begins_at_nought():
    """A range from `::` would make coturn deny every IPv4 peer as well."""
    assert [it for it in lines() if it.startswith(("denied-peer-ip=::-", "denied-peer-ip=::0"))] == []


def test_loopback_is_for_the_laptop():
    """Peers on loopback are let through only where that was asked for."""
    assert "allow-loopback-peers" not in lines()
    assert "allow-loopback-peers" in lines(is_loopback=True)


def test_what_older_versions_leave_on_is_switched_off():
    """The command line interface, DTLS and the rest are off by themselves in versions we accept; before, it is said."""
    named = {"no-cli", "no-dtls", "no-rfc5780", "no-software-attribute"}
    assert named & set(lines(version=FLOOR)) == set()
    assert named <= set(lines(version=(4, 6, 1)))


def test_tls_needs_a_certificate():
    """Without a certificate TLS is off, with one its files and port are named."""
    with_tls = lines(certificate=Certificate(chain="/tls/chain.pem", key="/tls/key.pem"))
    assert {"tls-listening-port=5349", "cert=/tls/chain.pem", "pkey=/tls/key.pem"} <= set(with_tls)
    assert "no-tls" not in with_tls


def test_secrets_in_a_database():
    """A database is named where secrets change while coturn runs."""
    assert "userdb=/turn/db" in lines(database="/turn/db", secrets=())


@pytest.mark.parametrize("value", ["qq\nno-auth", "qq q", 'qq"', "qq'", "qq\x00", "qq\x7f", "qq\u2028q", "qq\tq"])
def test_a_value_is_one_value(value):
    """What would be read as another line or another value is refused, and not repeated."""
    for changes in ({"secrets": [value]}, {"realm": value}, {"listening": [value]}, {"pid_file": value}):
        with pytest.raises(ValueError, match="blank") as caught:
            configuration(pod(**changes))
        assert "qq" not in str(caught.value)
