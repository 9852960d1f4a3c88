"""Which pages may make a browser send a request: the rule alone, without a server."""

import pytest

from parley.rest.origin import refusal

ALLOWED = frozenset({"https://chat.example.org", "http://localhost:8082"})


@pytest.mark.parametrize("origin", sorted(ALLOWED))
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_our_own_page_may_send(method, origin):
    """An allowed origin may send every unsafe method with a cookie."""
    assert refusal(method, {"origin": origin}, True, ALLOWED) is None


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "https://chat.example.org.evil.example",
        "https://evil.example",
        "http://chat.example.org",
        "https://chat.example.org:8443",
        "https://chat.example.org/",
        "https://CHAT.example.org",
        "https://sub.chat.example.org",
        "chat.example.org",
        "https://chat.example.org,https://evil.example",
        "http://localhost:80820",
        "http://127.0.0.1:8082",
    ],
)
@pytest.mark.parametrize("with_cookie", [True, False])
def test_other_pages_may_not(origin, with_cookie):
    """An origin that differs in scheme, host, port, case or form is refused, with or without a cookie."""
    assert refusal("POST", {"origin": origin}, with_cookie, ALLOWED) is not None
    assert refusal("GET", {"origin": origin}, with_cookie, ALLOWED, upgrade=True) is not None


def test_a_cookie_needs_an_origin():
    """A cookie without an Origin is refused for unsafe methods and for the WebSocket upgrade."""
    assert refusal("DELETE", {}, True, ALLOWED) is not None
    assert refusal("GET", {}, True, ALLOWED, upgrade=True) is not None


def test_a_token_of_its_own_needs_none():
    """A native client, without cookie and without Origin, may send."""
    assert refusal("POST", {}, False, ALLOWED) is None
    assert refusal("GET", {}, False, ALLOWED, upgrade=True) is None


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reading_is_left_to_cors(method):
    """A safe method is not refused here, because it changes nothing and CORS keeps its answer from other pages."""
    assert refusal(method, {"origin": "https://evil.example"}, True, ALLOWED) is None
