"""Routers that are asked about their own paths only."""

import asyncio

import httpx2
import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from parley.component import Component
from parley.readiness import Readiness
from parley.rest.application import build_application
from parley.rest.routing import PrefixRouter


@pytest.fixture
def asked():
    """The paths at which the routes of the router with a prefix were looked at."""
    return []


@pytest.fixture
async def client(asked):
    class Watched(APIRoute):
        def matches(self, scope):
            asked.append(scope["path"])
            return super().matches(scope)

    with_prefix, without = PrefixRouter(prefix="/sessions", route_class=Watched), APIRouter()

    @with_prefix.get("/{id}")
    async def session(id: str) -> str:  # noqa: A002 -- the parameter of the path
        return f"session {id}"

    @without.get("/sessions-of-another/{id}")
    @without.get("/other/{id}")
    async def other(id: str) -> str:  # noqa: A002 -- as above
        return f"other {id}"

    components = [Component(name="a", routers=[with_prefix]), Component(name="b", routers=[without])]
    app = build_application("test", components, (), Readiness({}, asyncio.Event()))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test") as opened:
        yield opened


@pytest.mark.parametrize(
    ("path", "said"),
    [("/sessions/1", "session 1"), ("/other/1", "other 1"), ("/sessions-of-another/1", "other 1")],
)
async def test_each_path_has_its_route(client, asked, path, said):
    """Routes are looked at for paths that begin like their prefix, and only those; the others find their router."""
    assert (await client.get(path)).json() == said
    assert set(asked) == ({path} if path.startswith("/sessions") else set())


async def test_methods_are_told_apart(client):
    """A method that no route under the prefix has is refused as such, and an unknown path is unknown."""
    assert (await client.post("/sessions/1")).status_code == 405
    assert (await client.get("/sessions/1/2")).status_code == 404
