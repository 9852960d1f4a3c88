"""Where a request carries its session token: the cookie of a browser or the Authorization header of everything else."""

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import NamedTuple

COOKIE_NAMES = ("__Host-sid", "sid")
_MAX_TOKEN = 200


class Credentials(NamedTuple):
    """A token as presented, not yet believed, and whether a browser attached it by itself."""

    token: str
    from_cookie: bool


def find_credentials(headers: Mapping[str, str]) -> Credentials | None:
    """The credentials of a request; None if it carries none. `headers` has lower-case names.

    Bearer wins over a cookie: who sets it means it.
    """
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and _plausible(token.strip()):
        return Credentials(token.strip(), from_cookie=False)
    return _from_cookie(headers.get("cookie", ""))


def _from_cookie(header: str) -> Credentials | None:
    try:
        cookies = SimpleCookie(header)
    except CookieError:
        return None
    for name in COOKIE_NAMES:
        if name in cookies and _plausible(cookies[name].value):
            return Credentials(cookies[name].value, from_cookie=True)
    return None


def _plausible(token: str) -> bool:
    return 0 < len(token) <= _MAX_TOKEN and token.isascii()
