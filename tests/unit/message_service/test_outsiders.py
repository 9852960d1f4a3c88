"""Who may not know of a conversation cannot find out; who is not signed in gets nowhere; bodies that are not ours."""

import pytest
from support.messaging import ORIGIN, assert_problem

from parley.identity.model import new_id
from parley.rest.middleware import MAX_BODY

TEXT = {"id": new_id(), "after": [1, 0], "kind": "text", "body": "hello"}
CALLS = [
    ("GET", "", None),
    ("PATCH", "", {"title": "Ours now"}),
    ("GET", "/members", None),
    ("PUT", "/members/{me}", None),
    ("DELETE", "/members/{me}", None),
    ("GET", "/messages", None),
    ("GET", "/messages?after=0", None),
    ("POST", "/messages", TEXT),
    ("PUT", "/read", {"seq": 1}),
]
"""Every call on one conversation."""

WITH_BODIES = [
    ("POST", "/api/conversations", {"kind": "group", "members": [new_id()]}),
    *[(method, "/api/conversations/{conv}" + path, body) for method, path, body in CALLS if body],
]


@pytest.fixture
async def group(ann, bob):
    conv = await ann.founds(bob)
    await ann.says(conv, 0)
    return conv


def test_every_call_is_tried(world):
    """The list of calls above is the list of routes below a conversation."""
    (router,) = world.component.routers
    routes = {(method, it.path) for it in router.routes for method in it.methods if "{c}" in it.path}
    tried = {(method, path.partition("?")[0].replace("{me}", "{u}")) for method, path, _ in CALLS}
    assert routes == {(method, "/api/conversations/{c}" + path) for method, path in tried}


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
async def test_outsiders_learn_nothing(ann, bob, eve, group, method, path, body):
    """A stranger and a former member get the answer of a conversation that never existed, and change nothing."""
    await ann.http.delete(f"/api/conversations/{group}/members/{bob.id}")
    before = (await ann.sees(group), await ann.reads(group))
    for member in (eve, bob):
        answers = [
            await member.http.request(
                method, f"/api/conversations/{conv}{path.format(me=member.id)}", json=body, headers={"if-match": "*"}
            )
            for conv in (group, new_id(), "x")
        ]
        for answer in answers:
            assert_problem(answer, "not-found")
        assert len({answer.content for answer in answers}) == 1
    assert (await ann.sees(group), await ann.reads(group)) == before


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/conversations"), ("POST", "/api/conversations"), ("GET", "/api/people")]
    + [(method, "/api/conversations/{conv}" + path.format(me="x")) for method, path, _ in CALLS],
)
async def test_signed_out_callers_are_told_so(world, group, method, path):
    """Every call needs a session, whether or not there is such a conversation."""
    async with world.client(authorization="Bearer unknown") as client:
        for conv in (group, new_id()):
            answer = await client.request(method, path.format(conv=conv), json={})
            assert_problem(answer, "unauthenticated")
            assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("origin", ["https://evil.example", None])
async def test_a_cookie_counts_only_from_our_page(world, ann, group, origin):
    """A cookie that another page attached, or that names no page, sends no message."""
    token = ann.http.headers["authorization"].removeprefix("Bearer ")
    headers = {"cookie": f"sid={token}"}
    async with world.client(**headers) as browser:
        path = f"/api/conversations/{group}/messages"
        theirs = {"origin": origin} if origin else {}
        assert_problem(await browser.post(path, json=TEXT, headers=theirs), "bad-origin")
        assert (await browser.post(path, json=TEXT, headers={"origin": ORIGIN})).status_code == 201


@pytest.mark.parametrize(("method", "path", "body"), WITH_BODIES)
async def test_bodies_that_are_not_ours(ann, group, method, path, body):
    """No JSON is 400, another type 415, a wrong shape 422 with its place, and more than is read 413."""
    call = (method, path.format(conv=group))
    json = {"content-type": "application/json", "if-match": "*"}
    for broken in (b"{", b"[" * 10_000, b"\xff", b""):
        answer = await ann.http.request(*call, content=broken, headers=json)
        assert answer.status_code in ((400,) if broken else (422,)), (broken, answer.text)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/jsonx"):
        answer = await ann.http.request(*call, content=b"{}", headers=json | {"content-type": kind})
        assert_problem(answer, "unsupported-media")
    assert_problem(await ann.http.request(*call, json=[], headers={"if-match": "*"}), "invalid", "")
    for name in body:
        answer = await ann.http.request(*call, json=body | {name: {}}, headers={"if-match": "*"})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == f"/{name}"
    large = await ann.http.request(*call, json=body | {"more": "x" * MAX_BODY}, headers={"if-match": "*"})
    assert_problem(large, "too-large")
    assert large.json()["limit"] == MAX_BODY
    assert len(await ann.reads(group)) == 1


@pytest.mark.parametrize(("method", "path", "body"), WITH_BODIES[1:])
async def test_unknown_members_of_a_body_are_ignored(ann, group, method, path, body):
    """A newer client may say more than we know."""
    answer = await ann.http.request(
        method, path.format(conv=group), json=body | {"mood": [1, {}]}, headers={"if-match": "*"}
    )
    assert answer.status_code in (200, 201), answer.text
