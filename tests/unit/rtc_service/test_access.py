"""Who may do what with a session: every call, for everybody who may or may not have a part in it."""

import pytest
from support.signaling import assert_problem, candidate, sdp

from parley.identity.model import new_id

ROWS = {
    "read": ("GET", "", None),
    "read with credentials": ("GET", "?participant={email}", None),
    "offer": ("PUT", "/offer", {"sdp": sdp("four")}),
    "answer": ("PUT", "/answer", {"sdp": sdp("five")}),
    "one candidate": ("POST", "/candidates", candidate(9)),
    "candidates": ("POST", "/candidates", {"candidates": [candidate(8)]}),
    "keepalive": ("POST", "/keepalive", None),
    "end": ("DELETE", "", None),
}
"""Every call on one session: method, path behind it, body without `from`."""

INITIATOR, PEER, MEMBER, REMOVED, STRANGER, SECOND = "ann", "bob", "kim", "tom", "eve", "zoe"
SIGNED_OUT = "nobody"

ALLOWED = {
    "with a peer": {INITIATOR, PEER},
    "of a conversation": {INITIATOR, PEER, MEMBER},
    "of a conversation, with a peer": {INITIATOR, PEER},
    "for anybody": {INITIATOR, PEER, MEMBER, REMOVED, STRANGER, SECOND},
    "for anybody, once a second has written": {INITIATOR, STRANGER},
}
"""Who has a part in each kind of session."""


@pytest.fixture
async def people(world):
    return {name: await world.peer(name) for name in (INITIATOR, PEER, MEMBER, REMOVED, STRANGER, SECOND)}


@pytest.fixture
async def group(world, people):
    """A conversation that one of its members has been removed from."""
    ids = [people[name].id for name in (INITIATOR, PEER, MEMBER)]
    return (await world.conversations.create_group(new_id(), ids[0], ids, "Calls")).id


async def opened(kind, people, group):
    ann, peer = people[INITIATOR], people[PEER].email
    members = {
        "with a peer": {"peer": peer},
        "of a conversation": {"conversation_id": group},
        "of a conversation, with a peer": {"conversation_id": group, "peer": peer},
    }
    session = await ann.opens(**members.get(kind, {}))
    assert (await ann.offers(session, "frst")).status_code == 200
    if kind == "for anybody, once a second has written":
        assert (await people[STRANGER].trickles(session, 1)).status_code == 200
    return session


async def call(client, email, row, session):
    method, path, body = ROWS[row]
    json = None if body is None else {"from": email} | body
    return await client.request(method, f"/sessions/{session}{path.format(email=email)}", json=json)


def test_every_call_is_tried(world):
    """The rows above are the routes on one session."""
    (router,) = world.component.routers
    routes = {(method, it.path) for it in router.routes for method in it.methods if "{id}" in it.path}
    assert routes == {(method, "/sessions/{id}" + path.partition("?")[0]) for method, path, _ in ROWS.values()}


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("kind", ALLOWED)
async def test_matrix(world, people, group, kind, row):
    """Whoever has a part may do it; to everybody else the session is one that never was, and nothing changes."""
    session = await opened(kind, people, group)
    before = await people[INITIATOR].sees(session)
    for name in people.keys() - ALLOWED[kind]:
        outsider = people[name]
        answer = await call(outsider.http, outsider.email, row, session)
        unknown = await call(outsider.http, outsider.email, row, "x" * 22)
        assert (answer.status_code, answer.content) == (404, unknown.content), name
    after = await people[INITIATOR].sees(session)
    assert after["session"] | {"expires_at": ""} == before["session"] | {"expires_at": ""}
    for name in sorted(ALLOWED[kind]):
        one = await opened(kind, people, group)
        answer = await call(people[name].http, people[name].email, row, one)
        assert answer.status_code in (200, 204), (name, answer.text)


@pytest.mark.parametrize("row", ROWS)
async def test_who_is_signed_out_gets_nowhere(world, people, group, row):
    """Without a session of one's own every call is 401, whether or not there is such a session."""
    session = await opened("for anybody", people, group)
    async with world.client(authorization="Bearer unknown") as client:
        for one in (session, "x" * 22):
            assert_problem(await call(client, "x@example.org", row, one), "unauthenticated")
        assert_problem(await client.post("/sessions", json={"initiator": "x@example.org"}), "unauthenticated")
        assert_problem(await client.get("/sessions", params={"call_id": new_id()}), "unauthenticated")


@pytest.mark.parametrize("name", [INITIATOR, PEER, MEMBER, REMOVED, STRANGER])
async def test_a_session_is_made_by_members(people, group, name):
    """Only a member of the conversation makes a session of it; to others the conversation is unknown."""
    body = {"initiator": people[name].email, "conversation_id": group}
    answer = await people[name].http.post("/sessions", json=body)
    if name in (REMOVED, STRANGER):
        assert_problem(answer, "not-found")
    else:
        assert answer.status_code == 201


@pytest.mark.parametrize("row", [name for name in ROWS if name != "end"])
@pytest.mark.parametrize("with_peer", [True, False])
async def test_who_is_removed_is_out_with_the_next_request(world, people, group, row, with_peer):
    """A member who has been removed from the conversation loses the session, as peer and as initiator too."""
    ann, bob = people[INITIATOR], people[PEER]
    session = await ann.opens(conversation_id=group, **({"peer": bob.email} if with_peer else {}))
    await ann.offers(session)
    assert (await call(bob.http, bob.email, row, session)).status_code == 200
    await remove(world, group, bob)
    assert_problem(await call(bob.http, bob.email, row, session), "not-found")
    assert (await call(ann.http, ann.email, row, session)).status_code == 200
    await remove(world, group, ann)
    assert_problem(await call(ann.http, ann.email, row, session), "not-found")


async def remove(world, group, peer):
    from parley.conversations.model import MembershipChange

    change = MembershipChange(
        id=new_id(), conv=group, account=peer.id, by=peer.id, change="left", after_epoch=1, after_seq=0
    )
    assert await world.conversations.claim(change) == change
    await world.conversations.settle(change, 1)


async def test_a_revoked_device_is_out(world, people):
    """A login that was ended elsewhere is 401 with its next request, and the session goes on."""
    ann, bob = people[INITIATOR], people[PEER]
    session = await ann.opens(peer=bob.email)
    (device,) = await world.parts.sessions.devices(bob.id)
    assert await world.parts.sessions.revoke(bob.id, device.id)
    assert_problem(await bob.reads(session), "unauthenticated")
    assert (await ann.reads(session)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/sessions", {"initiator": "{other}"}),
        ("PUT", "/sessions/{session}/offer", {"from": "{other}", "sdp": sdp()}),
        ("PUT", "/sessions/{session}/answer", {"from": "{other}", "sdp": sdp()}),
        ("POST", "/sessions/{session}/candidates", {"from": "{other}", "candidates": [candidate(1)]}),
        ("GET", "/sessions/{session}?participant={other}", None),
    ],
)
async def test_nobody_speaks_for_another(people, method, path, body):
    """Initiator, from and participant are one's own address, in any case of letters; others' are 403."""
    ann, bob = people[INITIATOR], people[PEER]
    session = await ann.opens(peer=bob.email)
    await ann.offers(session)
    before = (await ann.sees(session))["sync"]

    async def send(other):
        filled = body and {name: other if value == "{other}" else value for name, value in body.items()}
        return await ann.http.request(method, path.format(session=session, other=other), json=filled)

    for other in (bob.email, "nobody@example.org"):
        assert_problem(await send(other), "forbidden")
    assert (await ann.sees(session))["sync"] == before
    assert (await send("ANN@Example.org")).status_code in (200, 201)


async def test_a_peer_is_somebody_else(people, group):
    """A peer must exist, be another person, and be in the conversation; each is told at its place."""
    ann, base = people[INITIATOR], {"initiator": people[INITIATOR].email}
    for peer, more in (
        ("nobody@example.org", {}),
        (ann.email, {}),
        (people[STRANGER].email, {"conversation_id": group}),
    ):
        assert_problem(await ann.http.post("/sessions", json=base | {"peer": peer} | more), "invalid", "/peer")
    for unknown in (new_id(), "our-room"):
        assert_problem(await ann.http.post("/sessions", json=base | {"conversation_id": unknown}), "not-found")


async def test_guesses_find_nothing(people):
    """Ids that somebody makes up, of the right shape and of any other, are all unknown."""
    ann = people[INITIATOR]
    session = await ann.opens()
    for guess in (
        session[:-1] + "!",
        session.lower() + "=",
        "..",
        "%2e%2e",
        "*",
        "rtc:{x}",
        session[:21],
        session + "A",
    ):
        assert (await people[STRANGER].reads(guess)).status_code == 404
