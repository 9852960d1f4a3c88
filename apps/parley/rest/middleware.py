"""What every HTTP request passes before it meets a route: a request id, a size limit, the origin rule, safe headers.

Plain ASGI, outermost first, as `application.py` stacks them; WebSocket scopes pass untouched, the gateway has its own.
"""

import random
import re
from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from parley.contracts.problems import ProblemError
from parley.rest.credentials import find_credentials
from parley.rest.origin import refusal
from parley.rest.problems import response
from parley.telemetry.context import binding

MAX_BODY = 64 * 1024
"""Bytes of a request body; a larger one is answered with 413."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class RequestIds:
    """Give each request an id, its own if it brought a plain one, and add the safe headers to each answer.

    Whatever is logged until the answer carries the id.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else _new_id()

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add(MutableHeaders(scope=message), request_id)
            await send(message)

        scope.setdefault("state", {})["request_id"] = request_id
        with binding(request_id=request_id):
            await self._app(scope, receive, send_with_headers)


def _new_id() -> str:
    # It names a request and protects nothing; asking the kernel for each would cost more than the rest of this file.
    return f"{random.getrandbits(128):032x}"


class BodyLimit:
    """Refuse a body over MAX_BODY: by its announced length before it is read, else as soon as it grows too long.

    The body is read here, whole, because a framework that meets the limit in the middle of its own parsing would tell
    it as a malformed body.
    """

    def __init__(self, app: ASGIApp, limit: int = MAX_BODY) -> None:
        self._app, self._limit = app, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        body = await self._read(Headers(scope=scope), receive)
        if body is None:
            problem = ProblemError("too-large", f"A body may have {self._limit} bytes.", limit=self._limit)
            return await response(problem)(scope, receive, send)
        await self._app(scope, _replayed(body, receive), send)

    async def _read(self, headers: Headers, receive: Receive) -> bytes | None:
        announced = headers.get("content-length", "0")
        if not announced.isdecimal() or int(announced) > self._limit:
            return None
        body, more = bytearray(), announced != "0" or "transfer-encoding" in headers
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self._limit:
                return None
        return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    unread = True

    async def replay() -> Message:
        nonlocal unread
        if unread:
            unread = False
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return replay


class OriginCheck:
    """Refuse what a page that we do not serve makes a browser send (`parley.rest.origin`)."""

    def __init__(self, app: ASGIApp, allowed: Collection[str]) -> None:
        self._app, self._allowed = app, frozenset(allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        credentials = find_credentials(headers)
        with_cookie = credentials is not None and credentials.from_cookie
        reason = refusal(scope["method"], headers, with_cookie, self._allowed)
        if reason is None:
            return await self._app(scope, receive, send)
        await response(ProblemError("bad-origin", reason))(scope, receive, send)


def _add(headers: MutableHeaders, request_id: str) -> None:
    headers["X-Request-ID"] = request_id
    for name, value in _SAFE_HEADERS.items():
        headers.setdefault(name, value)
