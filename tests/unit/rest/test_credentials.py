"""Where a token is looked for, and what is not taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.rest.credentials import find_credentials


def test_bearer_wins_over_a_cookie():
    """An Authorization header was set on purpose and counts before the cookie."""
    found = find_credentials({"authorization": "Bearer abc", "cookie": "sid=def"})
    assert found is not None
    assert (found.token, found.from_cookie) == ("abc", False)


@pytest.mark.parametrize("name", ["sid", "__Host-sid"])
def test_the_cookie_is_found_under_either_name(name):
    """The cookie counts under the name for plain localhost and the one for https."""
    found = find_credentials({"cookie": f"theme=dark; {name}=def; x=1"})
    assert found is not None
    assert (found.token, found.from_cookie) == ("def", True)


def test_the_host_cookie_comes_first():
    """A `__Host-` cookie cannot be set by a neighbouring host and wins over one that can."""
    found = find_credentials({"cookie": "sid=planted; __Host-sid=ours"})
    assert found is not None
    assert found.token == "ours"


@pytest.mark.parametrize("header", ["", "Basic abc", "Bearer", "Bearer ", "Bearer " + "a" * 201, "Bearer \u00fc"])
def test_what_is_not_a_bearer_token(header):
    """Another scheme, an empty, an oversized and a non-ASCII token are no credentials."""
    assert find_credentials({"authorization": header}) is None


@given(st.text(max_size=300))
def test_no_header_breaks_it(text):
    """Whatever a cookie header holds, the answer is credentials or None."""
    found = find_credentials({"cookie": text})
    assert found is None or found.from_cookie
