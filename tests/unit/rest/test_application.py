"""The common checks around every route: errors as problems, size limit, request ids, CORS, health."""

import asyncio

import httpx2
import pytest
from fastapi import APIRouter
from pydantic import BaseModel

from parley.component import Component
from parley.contracts.problems import PROBLEMS, ProblemError
from parley.readiness import Readiness
from parley.rest.application import build_application
from parley.rest.middleware import MAX_BODY

ORIGIN = "http://localhost:8082"


class Thing(BaseModel):
    name: str


def router() -> APIRouter:
    routes = APIRouter()

    @routes.post("/things")
    async def make(thing: Thing) -> Thing:
        return thing

    @routes.get("/wait")
    async def wait() -> None:
        raise ProblemError("rate-limited", retry_after_ms=1500)

    @routes.get("/crash")
    async def crash() -> None:
        raise RuntimeError("secret detail")

    return routes


@pytest.fixture
async def client():
    component = Component(name="things", routers=[router()])
    app = build_application("things", [component], [ORIGIN], Readiness({}, asyncio.Event()))
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app, raise_app_exceptions=False), base_url="http://test"
    ) as client:
        yield client


def assert_problem(answer, slug):
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.status_code == PROBLEMS[slug].status
    assert answer.json()["type"] == f"/problems/{slug}"
    assert answer.json()["status"] == answer.status_code


async def test_a_wrong_field_is_pointed_at(client):
    """A body with a wrong member is answered with `invalid` and a JSON pointer to it."""
    answer = await client.post("/things", json={"name": 7})
    assert_problem(answer, "invalid")
    assert [item["pointer"] for item in answer.json()["errors"]] == ["/name"]


@pytest.mark.parametrize("body", [b"{", b"[" * 10_000 + b"]" * 10_000, b"\xff\xfe"])
async def test_what_is_not_json_is_malformed(client, body):
    """Broken, ten-thousand-deep and undecodable bodies are answered with `malformed`."""
    answer = await client.post("/things", content=body, headers={"content-type": "application/json"})
    assert_problem(answer, "malformed")


async def test_a_body_at_the_limit_is_read_and_one_byte_more_is_not(client):
    """A body may have exactly MAX_BODY bytes."""
    frame = len(b'{"name":""}')
    kind = {"content-type": "application/json"}
    fits = await client.post("/things", content=b'{"name":"' + b"a" * (MAX_BODY - frame) + b'"}', headers=kind)
    over = await client.post("/things", content=b'{"name":"' + b"a" * (MAX_BODY - frame + 1) + b'"}', headers=kind)
    assert fits.status_code == 200
    assert_problem(over, "too-large")


async def test_a_body_that_grows_past_the_limit_unannounced_is_refused(client):
    """A chunked body without a length is refused once it is over the limit."""

    async def chunks():
        for _ in range(MAX_BODY // 1024 + 1):
            yield b"a" * 1024

    assert_problem(await client.post("/things", content=chunks()), "too-large")


async def test_a_wait_is_told_in_seconds_and_milliseconds(client):
    """A problem with a wait carries Retry-After in whole seconds, rounded up, and retry_after_ms."""
    answer = await client.get("/wait")
    assert_problem(answer, "rate-limited")
    assert answer.headers["retry-after"] == "2"
    assert answer.json()["retry_after_ms"] == 1500


async def test_an_unexpected_error_tells_nothing(client):
    """An unexpected error is answered with `internal` and shows nothing of itself."""
    answer = await client.get("/crash")
    assert_problem(answer, "internal")
    assert "secret detail" not in answer.text


async def test_unknown_paths_and_methods_are_problems(client):
    """The framework's own errors have the same form as ours."""
    assert_problem(await client.get("/nothing"), "not-found")
    assert_problem(await client.put("/things"), "method-not-allowed")


async def test_request_ids_are_kept_or_made(client):
    """A plain request id comes back as given, and anything else is replaced by a fresh one."""
    kept = await client.get("/healthz", headers={"x-request-id": "abc-123"})
    made = await client.get("/healthz", headers={"x-request-id": "<script>"})
    assert kept.headers["x-request-id"] == "abc-123"
    assert len(made.headers["x-request-id"]) == 32


async def test_every_answer_carries_the_safe_headers(client):
    """Errors too forbid sniffing, framing and referrers."""
    answer = await client.get("/nothing")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-frame-options"] == "DENY"


async def test_a_foreign_page_is_refused(client):
    """A POST from another origin is answered with `bad-origin` before any route sees it."""
    answer = await client.post("/things", json={"name": "a"}, headers={"origin": "https://evil.example"})
    assert_problem(answer, "bad-origin")
    assert "access-control-allow-origin" not in answer.headers


async def test_cors_names_the_exact_origin(client):
    """An allowed origin gets itself back with credentials and Vary, and no other origin gets anything."""
    ours = await client.get("/healthz", headers={"origin": ORIGIN})
    other = await client.get("/healthz", headers={"origin": "https://evil.example"})
    assert ours.headers["access-control-allow-origin"] == ORIGIN
    assert ours.headers["access-control-allow-credentials"] == "true"
    assert "Origin" in ours.headers["vary"]
    assert "access-control-allow-origin" not in other.headers
