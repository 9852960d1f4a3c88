"""One ASGI application for one listener: the routes of its components behind the common checks.

Next: `parley.runtime`, which serves it.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from parley.component import Component, Task
from parley.rest.middleware import BodyLimit, OriginCheck, RequestIds
from parley.rest.problems import ProblemDocument, install

_READY_WITHIN_S = 2.0


def build_application(
    title: str, components: Sequence[Component], allowed_origins: Collection[str], is_draining: asyncio.Event
) -> ASGIApp:
    """The application of one listener. `allowed_origins` may send requests with a cookie, and read across origins."""
    app = FastAPI(title=title, version="1", docs_url=None, redoc_url=None)
    install(app)
    for component in components:
        for router in component.routers:
            app.include_router(router)
    _add_health(app, components, is_draining)
    _describe_problems(app)
    return _wrapped(app, allowed_origins)


def _wrapped(app: ASGIApp, allowed: Collection[str]) -> ASGIApp:
    inner = OriginCheck(BodyLimit(app), allowed)
    crossing = CORSMiddleware(
        inner,
        allow_origins=sorted(allowed),
        allow_credentials=True,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match"],
        expose_headers=["ETag", "Link", "Location", "Retry-After", "X-Request-ID"],
    )
    return RequestIds(crossing)


def _add_health(app: FastAPI, components: Sequence[Component], is_draining: asyncio.Event) -> None:
    checks = {name: check for component in components for name, check in component.readiness.items()}

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> JSONResponse:
        states = {name: await _state(check) for name, check in checks.items()}
        ready = not is_draining.is_set() and all(state == "ok" for state in states.values())
        return JSONResponse({"ready": ready, "checks": states}, 200 if ready else 503)


async def _state(check: Task) -> str:
    try:
        await asyncio.wait_for(check(), _READY_WITHIN_S)
    except Exception as error:  # noqa: BLE001 -- whatever a check raises means "not ready" and is told by its type
        return type(error).__name__
    return "ok"


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
