"""Who is asking: networks behind proxies, programs in our own words, browsers that were here before."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.registration_api.visitors import KnownDevice, Network, client_network, describe_client

KEY = b"k" * 32
PROXIES = [ip_network("10.0.0.0/8"), ip_network("2001:db8:ffff::/48")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "name"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "192.0.2.66, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, nonsense, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "", "2001:db8:1:2::/64"),
        ("2001:db8:ffff::1", "2001:db8:7:8::1", "2001:db8:7:8::/64"),
        ("::ffff:203.0.113.7", "", "203.0.113.7"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("fe80::1%eth0", "", "fe80::/64"),
        (None, "198.51.100.1", "unknown"),
        ("socket", "198.51.100.1", "unknown"),
    ],
)
def test_the_network_is_told_by_trusted_proxies_alone(peer, forwarded, name):
    """An address is counted by what the last proxy that we trust has seen, IPv6 by its /64."""
    assert client_network(peer, forwarded, PROXIES) == Network(name, is_local=False)


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_one_network(peer):
    """All loopback addresses are one network, which is marked as local and forwards nobody."""
    assert client_network(peer, "203.0.113.7", PROXIES) == Network("loopback", is_local=True)


def test_a_local_proxy_can_be_trusted():
    """With loopback among the proxies the client behind it is told apart and is not local."""
    assert client_network("127.0.0.1", "203.0.113.7", [ip_network("127.0.0.0/8")]) == Network("203.0.113.7", False)


@given(st.text(max_size=60), st.text(max_size=200))
def test_any_header_has_a_network(peer, forwarded):
    """No text in either place makes anything else than a network."""
    assert client_network(peer, forwarded, PROXIES).name


@given(st.lists(st.ip_addresses(v=4).map(str), max_size=5))
def test_what_a_client_claims_changes_nothing(claims):
    """However many hops a client invents, the address that the proxy appended is the one that counts."""
    assert client_network("10.0.0.1", ",".join([*claims, "203.0.113.7"]), PROXIES).name == "203.0.113.7"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140 Safari/537.36", "Chrome on Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140 Safari/537.36 Edg/140", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18 Safari/605.1.15", "Safari on macOS"),
        ("Parley/1.0 (iPhone)", "an app on iPhone"),
        ("curl/8", "an app"),
        ("", "an app"),
        ("<b>Firefox</b>\r\nBcc: x", "Firefox"),
    ],
)
def test_programs_are_told_in_our_own_words(user_agent, words):
    """A mail names program and system, and never repeats what a client wrote."""
    assert describe_client(user_agent) == words


def test_a_device_is_known_for_the_addresses_it_signed_in_with():
    """A cookie vouches for the addresses that it was given for, and for no other."""
    device = KnownDevice.fresh().vouching_for(KEY, "ann@example.org")
    assert device.tag_for(KEY, "ann@example.org")
    assert device.tag_for(KEY, "bob@example.org") is None
    both = device.vouching_for(KEY, "bob@example.org")
    assert both.tag_for(KEY, "ann@example.org") == both.tag_for(KEY, "bob@example.org")


def test_vouchers_cannot_be_made_or_moved():
    """A voucher needs the key and belongs to its mark: neither copying nor inventing one makes a device known."""
    device = KnownDevice.fresh().vouching_for(KEY, "ann@example.org")
    stolen = KnownDevice(KnownDevice.fresh().mark, device.vouchers)
    assert stolen.tag_for(KEY, "ann@example.org") is None
    forged = KnownDevice.fresh().vouching_for(b"x" * 32, "ann@example.org")
    assert forged.tag_for(KEY, "ann@example.org") is None


def test_a_device_keeps_five_addresses():
    """The last five addresses are vouched for, signing in again adds nothing, and the cookie stays small."""
    device = KnownDevice.fresh()
    for number in range(7):
        device = device.vouching_for(KEY, f"{number}@example.org").vouching_for(KEY, f"{number}@example.org")
    assert [number for number in range(7) if device.tag_for(KEY, f"{number}@example.org")] == [2, 3, 4, 5, 6]
    assert len(str(device)) < 400


def test_a_device_survives_its_cookie():
    """What is written into the cookie is read back the same."""
    device = KnownDevice.fresh().vouching_for(KEY, "ann@example.org").vouching_for(KEY, "bob@example.org")
    assert KnownDevice.parse(str(device)) == device
    assert KnownDevice.parse(str(KnownDevice.fresh())).vouchers == ()


@given(st.text())
def test_other_cookies_are_no_device(text):
    """A cookie that we did not write is as good as none."""
    assert KnownDevice.parse(text) is None or str(KnownDevice.parse(text)) == text
