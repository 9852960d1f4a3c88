"""May a request from this page be carried out? One rule for HTTP and for the WebSocket upgrade, without I/O.

A browser attaches the session cookie to whatever any page sends here, so a cookie counts only together with an allowed
Origin. A Bearer token is attached by nobody but its owner and needs none.
"""

from collections.abc import Collection, Mapping

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def refusal(
    method: str,
    headers: Mapping[str, str],
    has_session_cookie: bool,
    allowed: Collection[str],
    *,
    upgrade: bool = False,
) -> str | None:
    """Why the request must be refused with `bad-origin`, as a sentence; None if it may be carried out.

    `headers` has lower-case names. `allowed` are exact origins (RFC 6454 serialisations).
    """
    if method in SAFE_METHODS and not upgrade:
        return None
    origin = headers.get("origin")
    if origin is None:
        return "A request with a session cookie must say which page sent it (Origin)." if has_session_cookie else None
    if origin not in allowed:
        return "This page may not send requests here."
    return None
