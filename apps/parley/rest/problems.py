"""Every error leaves as `application/problem+json` (RFC 9457), whatever raised it.

The kinds are in `parley.contracts.problems`; this module turns framework errors into them and writes the answer.
"""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from parley.contracts.problems import PROBLEMS, FieldError, ProblemError

_MEDIA_TYPE = "application/problem+json"
_BY_STATUS = {
    400: "malformed",
    401: "unauthenticated",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-accepted",
    413: "too-large",
    415: "unsupported-media",
    422: "invalid",
    429: "rate-limited",
    503: "unavailable",
}


class FieldErrorDocument(BaseModel):
    """What is wrong at one place of the body."""

    pointer: str
    detail: str


class ProblemDocument(BaseModel):
    """The body of every error, as OpenAPI shows it."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldErrorDocument] | None = None
    retry_after_ms: int | None = None
    limit: int | None = None


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may answer these problems, for its OpenAPI description."""
    content = {_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
    return {
        status: {"description": PROBLEMS[_BY_STATUS.get(status, "precondition-failed")].title, "content": content}
        for status in statuses
    }


def response(problem: ProblemError) -> JSONResponse:
    """The HTTP answer for a problem, with Retry-After in whole seconds where a wait is told."""
    headers = {"Cache-Control": "no-store"}
    if problem.retry_after_ms is not None:
        headers["Retry-After"] = str(max(1, -(-problem.retry_after_ms // 1000)))
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(problem.document(), problem.status, headers, media_type=_MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Make the application answer every error as a problem."""

    async def problem(request: Request, error: Exception) -> JSONResponse:
        return response(_translate(error))

    # The last one only writes the answer; the server goes on to log the error with its trace.
    for kind in (ProblemError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, problem)


def _translate(error: Exception) -> ProblemError:
    match error:
        case ProblemError():
            return error
        case RequestValidationError():
            return _invalid(error.errors())
        case HTTPException():
            return ProblemError(_BY_STATUS.get(error.status_code, "malformed"))
    return ProblemError("internal")


def _invalid(errors: Sequence[Any]) -> ProblemError:
    if any(item["type"] == "json_invalid" for item in errors):
        return ProblemError("malformed", "The body is not JSON.")
    return ProblemError("invalid", errors=[FieldError(_pointer(item["loc"]), item["msg"]) for item in errors])


def _pointer(place: Sequence[Any]) -> str:
    parts = place[1:] if place and place[0] == "body" else place
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
