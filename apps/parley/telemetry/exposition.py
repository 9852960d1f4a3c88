"""Serves the numbers to Prometheus, at `/metrics` of a listener that serves nothing else."""

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send


def exposing(registry: CollectorRegistry) -> ASGIApp:
    """An ASGI application that answers GET /metrics in the format that is asked for."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await _answer(registry, scope)(scope, receive, send)

    return app


def _answer(registry: CollectorRegistry, scope: Scope) -> Response:
    if scope["type"] != "http" or scope["path"] != "/metrics":
        return Response(status_code=404)
    if scope["method"] not in ("GET", "HEAD"):
        return Response(status_code=405, headers={"allow": "GET, HEAD"})
    encode, media_type = choose_encoder(Headers(scope=scope).get("accept", ""))
    return Response(encode(registry), headers={"content-type": media_type})
