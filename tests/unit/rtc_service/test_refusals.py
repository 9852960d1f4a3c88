"""What is not as it must be gets one clear problem, and the session that there is goes on."""

import json

import pytest
from support.signaling import assert_problem, candidate, sdp

from parley.identity.model import new_id
from parley.rest.middleware import MAX_BODY
from parley.rtc_service.model import MAX_BATCH, MAX_CANDIDATE


@pytest.fixture
async def session(ann, bob):
    session = await ann.opens(peer=bob.email)
    await ann.offers(session)
    return session


@pytest.fixture(autouse=True)
async def untouched(session, ann):
    """After every refusal of this file the session is as it was."""
    before = await ann.sees(session)
    yield
    after = await ann.sees(session)
    assert (after["session"] | {"expires_at": ""}) == (before["session"] | {"expires_at": ""})


@pytest.mark.parametrize("row", ["offer", "answer"])
@pytest.mark.parametrize("text", ["hello", "v=0", sdp().replace("m=", "x="), sdp().replace("v=0", "v=1"), "\x00"])
async def test_what_is_no_sdp(ann, session, row, text):
    """SDP that does not parse is 422 at its place, with a sentence."""
    answer = await ann.http.put(f"/sessions/{session}/{row}", json={"from": ann.email, "sdp": text})
    assert_problem(answer, "invalid", "/sdp")
    assert len(answer.json()["detail"]) > 10


@pytest.mark.parametrize("row", ["offer", "answer"])
async def test_too_much_sdp(ann, session, row):
    """A description over 64 KiB is 413 with the limit."""
    text = sdp() + "a=x\r\n" * 20_000
    answer = await ann.http.put(f"/sessions/{session}/{row}", json={"from": ann.email, "sdp": text})
    assert_problem(answer, "too-large")
    assert answer.json()["limit"] == MAX_BODY


async def test_a_long_candidate(ann, session):
    """A candidate line over 2 KiB is 413, in whichever form it comes."""
    for body in (
        candidate(1, candidate="x" * (MAX_CANDIDATE + 1)),
        {"candidate": candidate(1, candidate="é" * (MAX_CANDIDATE // 2 + 1))},
        {"candidates": [candidate(1), candidate(1, candidate="x" * (MAX_CANDIDATE + 1))]},
    ):
        answer = await ann.http.post(f"/sessions/{session}/candidates", json={"from": ann.email} | body)
        assert_problem(answer, "too-large")
        assert answer.json()["limit"] == MAX_CANDIDATE


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, ""),
        ({"candidate": candidate(1), "candidates": [candidate(2)]}, ""),
        ({"candidates": []}, "/candidates"),
        ({"candidates": [candidate(it) for it in range(MAX_BATCH + 1)]}, "/candidates"),
        ({"candidates": [candidate(1, sdpMLineIndex=-1)]}, "/candidates/0/sdpMLineIndex"),
        ({"candidates": [candidate(1, sdpMLineIndex="0")]}, "/candidates/0/sdpMLineIndex"),
        ({"candidates": [candidate(1, usernameFragment="x" * 257)]}, "/candidates/0/usernameFragment"),
        ({"candidates": [candidate(1, candidate="two\r\nlines")]}, "/candidates/0/candidate"),
    ],
)
async def test_candidates_of_another_shape(ann, session, body, pointer):
    """What is no candidate is 422 at its place."""
    answer = await ann.http.post(f"/sessions/{session}/candidates", json={"from": ann.email} | body)
    assert_problem(answer, "invalid", pointer)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/sessions", {"initiator": "ann@example.org"}),
        ("PUT", "/sessions/{session}/offer", {"from": "ann@example.org", "sdp": sdp()}),
        ("PUT", "/sessions/{session}/answer", {"from": "ann@example.org", "sdp": sdp()}),
        ("POST", "/sessions/{session}/candidates", {"from": "ann@example.org", "candidates": [candidate(1)]}),
    ],
)
async def test_bodies_that_are_not_ours(ann, session, method, path, body):
    """No JSON is 400, another type 415, a wrong shape 422 with its place, and more than is read 413."""
    call = (method, path.format(session=session))
    as_json = {"content-type": "application/json"}
    for broken in (b"{", b"[" * 10_000, b"\xff"):
        assert (await ann.http.request(*call, content=broken, headers=as_json)).status_code == 400
    plain = await ann.http.request(*call, content=json.dumps(body), headers={"content-type": "text/plain"})
    assert_problem(plain, "unsupported-media")
    assert_problem(await ann.http.request(*call, json=[]), "invalid", "")
    for name in body:
        assert_problem(await ann.http.request(*call, json=body | {name: 7}), "invalid", f"/{name}")
    assert_problem(await ann.http.request(*call, json=body | {"more": "x" * MAX_BODY}), "too-large")


@pytest.mark.parametrize(
    "query", ["wait=26", "wait=-1", "wait=long", "since=-1", "since=x", "participant=" + "x" * 321]
)
async def test_a_query_that_is_none(ann, session, query):
    """A query out of its bounds is 422 at its place."""
    answer = await ann.http.get(f"/sessions/{session}?{query}")
    assert_problem(answer, "invalid", f"/query/{query.partition('=')[0]}")
    for call in ("", "?call_id=x"):
        assert_problem(await ann.http.get(f"/sessions{call}"), "invalid", "/query/call_id")


async def test_unknown_members_are_ignored(ann, session):
    """A newer client may say more than we know."""
    body = {"initiator": ann.email, "mood": [1, {}], "call_id": new_id()}
    assert (await ann.http.post("/sessions", json=body)).status_code == 201


async def test_only_our_pages_read_across_origins(world, ann, session):
    """CORS with credentials is for the listed origins, never for all; a foreign page's writes are refused."""
    path = f"/sessions/{session}"
    for origin in ("http://localhost:8082", "http://localhost:5173"):
        answer = await ann.http.get(path, headers={"origin": origin})
        assert answer.headers["access-control-allow-origin"] == origin
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert "origin" in answer.headers["vary"].lower()
    for origin in ("https://evil.example", "null", "http://localhost:8082.evil.example"):
        answer = await ann.http.get(path, headers={"origin": origin})
        assert "access-control-allow-origin" not in answer.headers
        assert "origin" in answer.headers["vary"].lower()
        async with world.client(cookie=f"sid={ann.token}") as browser:
            assert_problem(await browser.delete(path, headers={"origin": origin}), "bad-origin")
    asking = {"origin": "http://localhost:8082", "access-control-request-method": "PUT"}
    asking["access-control-request-headers"] = "content-type,if-match,if-none-match,idempotency-key"
    preflight = await ann.http.options(f"{path}/offer", headers=asking)
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (200, asking["origin"])
    assert (await ann.http.get(path)).headers["referrer-policy"] == "no-referrer"
