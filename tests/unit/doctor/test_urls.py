"""TURN URLs: where a server is, and over what it is spoken to."""

import pytest

from parley.doctor.urls import parse

URLS = {
    "turn:turn.example.org": ("turn.example.org", 3478, "udp", False),
    "turn:turn.example.org:3479?transport=udp": ("turn.example.org", 3479, "udp", False),
    "turn:127.0.0.1:3478?transport=tcp": ("127.0.0.1", 3478, "tcp", False),
    "turn:[2001:db8::1]:3478": ("2001:db8::1", 3478, "udp", False),
    "turn:[2001:db8::1]?transport=tcp": ("2001:db8::1", 3478, "tcp", False),
    "turns:turn.example.org": ("turn.example.org", 5349, "tcp", True),
    "turns:turn.example.org:443?transport=tcp": ("turn.example.org", 443, "tcp", True),
}


@pytest.mark.parametrize("text", URLS)
def test_a_url_says_where_and_how(text):
    """Host, port with its default, transport with its default, and whether TLS is spoken."""
    url = parse(text)
    assert (url.host, url.port, url.transport, url.is_tls) == URLS[text]
    assert url.text == text


@pytest.mark.parametrize("text", ["", "stun:turn.example.org", "turn:", "turn:host:port", "turn:host?transport=sctp"])
def test_what_is_no_turn_url_is_refused(text):
    """Anything else is an error."""
    with pytest.raises(ValueError, match="no TURN URL"):
        parse(text)
