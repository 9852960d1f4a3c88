"""What is told about each HTTP request: a log line, a duration, a span; never its path, its query or who sent it.

The route's template stands for the path, because paths hold ids. Probes ask every few seconds and are left out.
"""

import logging
import time

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from parley.telemetry.handed import Telemetry

PROBES = frozenset({"/healthz", "/readyz"})

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_GONE = 499
"""The status of a request whose sender did not wait for an answer, as proxies write it."""

_log = logging.getLogger("parley.rest")


class Observing:
    """Tell about each request that `app` answers.

    A trace begins here, whatever the sender says: this is the public edge, where anybody could have us sample, or mix
    their spans into our traces. What they name is kept as a link.
    """

    def __init__(self, app: ASGIApp, telemetry: Telemetry) -> None:
        self._app, self._meters, self._tracer = app, telemetry.meters, telemetry.tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in PROBES:
            return await self._app(scope, receive, send)
        method = scope["method"] if scope["method"] in _METHODS else "other"
        status, began = _GONE, time.perf_counter()

        async def send_noting_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with self._tracer.span(method, "server", link=Headers(scope=scope).get("traceparent")) as span:
            try:
                await self._app(scope, receive, send_noting_status)
            finally:
                seconds, route = time.perf_counter() - began, _template(scope)
                self._meters.request(method, route, status, seconds)
                span.rename(f"{method} {route}")
                span.tell("http.request.method", method)
                span.tell("http.route", route)
                span.tell("http.response.status_code", status)
                if status >= 500:
                    span.fail()
                _write(method, route, status, seconds)


def _template(scope: Scope) -> str:
    template: str = getattr(scope.get("route"), "path", "unmatched")
    return template


def _write(method: str, route: str, status: int, seconds: float) -> None:
    if _log.isEnabledFor(logging.INFO):
        members = {"method": method, "route": route, "status": status, "duration_ms": round(seconds * 1000, 1)}
        _log.info("%s %s %d", method, route, status, extra=members)
