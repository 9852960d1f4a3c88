"""One ASGI application for one listener: the routes of its components behind the common checks.

Next: `parley.runtime`, which serves it.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from fastapi.telemetry import TelemetryConfig
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from parley.component import Component
from parley.readiness import Readiness
from parley.rest.middleware import BodyLimit, OriginCheck, RequestIds
from parley.rest.observing import Observing
from parley.rest.problems import ProblemDocument, install
from parley.telemetry.handed import Telemetry

_NONE_OF_ITS_OWN: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
"""The framework tells whole paths, which hold ids, to whatever provider it finds; `observing.py` is what we tell."""


def build_application(
    title: str,
    components: Sequence[Component],
    allowed_origins: Collection[str],
    readiness: Readiness,
    telemetry: Telemetry | None = None,
) -> ASGIApp:
    """The application of one listener. `allowed_origins` may send requests with a cookie, and read across origins."""
    app = FastAPI(title=title, version="1", docs_url=None, redoc_url=None, telemetry=_NONE_OF_ITS_OWN)
    install(app)
    for component in components:
        for router in component.routers:
            app.include_router(router)
    _add_health(app, readiness)
    _describe_problems(app)
    return _wrapped(app, allowed_origins, telemetry or Telemetry())


def _wrapped(app: ASGIApp, allowed: Collection[str], telemetry: Telemetry) -> ASGIApp:
    inner = OriginCheck(BodyLimit(app), allowed)
    crossing = CORSMiddleware(
        inner,
        allow_origins=sorted(allowed),
        allow_credentials=True,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match"],
        expose_headers=["ETag", "Link", "Location", "Retry-After", "X-Request-ID"],
    )
    return RequestIds(Observing(crossing, telemetry))


def _add_health(app: FastAPI, readiness: Readiness) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        # The event loop answers, and nothing else is asked: starting anew brings no engine back.
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> JSONResponse:
        return JSONResponse(readiness.document(), 200 if readiness.is_ready else 503)


def _describe_problems(app: FastAPI) -> None:
    original = app.openapi

    def openapi() -> Mapping[str, Any]:
        document = original()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        if "ProblemDocument" not in schemas:
            schema = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(schema.pop("$defs"), ProblemDocument=schema)
        return document

    app.openapi = openapi  # type: ignore[assignment,method-assign]  # FastAPI's documented way to extend the document
