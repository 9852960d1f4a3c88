"""The calls of the documented API and their additions: what they answer, and in which shape."""

import asyncio

import pytest
from support.signaling import assert_problem, candidate, sdp

from parley.identity.model import new_id

MEMBERS = {"id", "initiator", "conversation_id", "call_id", "peer", "created_at", "expires_at"}
MEMBERS |= {"offer", "answer", "candidates"}


@pytest.fixture
async def session(ann, bob):
    return await ann.opens(peer=bob.email)


async def test_a_new_session_has_the_documented_body(ann, bob):
    """201 with Location, the whole session, TURN credentials twice, and where it stands."""
    call = new_id()
    answer = await ann.http.post("/sessions", json={"initiator": ann.email, "peer": bob.email, "call_id": call})
    document = answer.json()
    session = document["session"]
    assert (answer.status_code, answer.headers["location"]) == (201, f"/sessions/{session['id']}")
    assert answer.headers["cache-control"] == "no-store"
    assert set(session) == MEMBERS
    assert (session["initiator"], session["peer"], session["call_id"]) == (ann.email, bob.email, call)
    assert (session["conversation_id"], session["offer"], session["answer"], session["candidates"]) == (
        None,
        None,
        None,
        [],
    )
    turn = document["turn"]
    assert set(turn) == {"username", "credential", "urls", "ttl", "expires_at"}
    assert turn["ttl"] == 600
    (server,) = document["ice_servers"]
    assert server == {name: turn[name] for name in ("urls", "username", "credential")}
    assert document["sync"] == {
        "rev": 1,
        "offer_rev": 0,
        "answer_rev": 0,
        "answer_to": 0,
        "next": 0,
        "expires_ms": 900_000,
    }
    assert len(session["id"]) == 22


async def test_ids_are_not_guessed(ann):
    """Each session has 128 bits of its own."""
    found = {await ann.opens() for _ in range(10)}
    assert len(found) == 10
    assert all(len(it) == 22 for it in found)


async def test_a_call_is_set_up(ann, bob, session):
    """Offer, answer and candidates of both are what both read, each with who sent it and its number."""
    offered = await ann.offers(session)
    assert (offered.status_code, offered.headers["etag"]) == (200, '"1"')
    await ann.trickles(session, 1, 2)
    assert (await bob.answers(session, offer_rev=1)).status_code == 200
    last = await bob.trickles(session, 3)
    for seen in (await ann.sees(session), await bob.sees(session), last.json()):
        document = seen["session"]
        assert document["offer"] == {"from": ann.email, "sdp": sdp(), "rev": 1}
        assert document["answer"] == {"from": bob.email, "sdp": sdp("wxyz"), "rev": 1, "answer_to": 1}
        assert [(it["from"], it["index"]) for it in document["candidates"]] == [
            (ann.email, 0),
            (ann.email, 1),
            (bob.email, 2),
        ]
        assert seen["sync"] | {"expires_ms": 0} == {
            "rev": 5,
            "offer_rev": 1,
            "answer_rev": 1,
            "answer_to": 1,
            "next": 3,
            "expires_ms": 0,
        }
        assert "turn" not in seen
        assert "ice_servers" not in seen


async def test_credentials_come_with_participant(ann, session):
    """Who says in the query who they are gets TURN credentials with the session; the same ones again when polling."""
    first, again = [await ann.sees(session, participant=ann.email) for _ in range(2)]
    assert first["turn"]["username"] == again["turn"]["username"]
    assert first["ice_servers"][0]["credential"] == first["turn"]["credential"]


async def test_three_forms_of_candidates(ann, session):
    """A candidate beside `from`, one as an object, and a batch are kept alike; the end of candidates is one of them."""
    path, single = f"/sessions/{session}/candidates", candidate(1)
    assert (await ann.http.post(path, json={"from": ann.email} | single)).status_code == 200
    assert (await ann.http.post(path, json={"from": ann.email, "candidate": candidate(2)})).status_code == 200
    batch = [candidate(3), {"candidate": "", "usernameFragment": "abcd"}]
    assert (await ann.http.post(path, json={"from": ann.email, "candidates": batch})).status_code == 200
    kept = (await ann.sees(session))["session"]["candidates"]
    assert [{name: it[name] for name in single} for it in kept[:3]] == [candidate(1), candidate(2), candidate(3)]
    assert (kept[3]["candidate"], kept[3]["sdpMid"], kept[3]["usernameFragment"]) == ("", None, "abcd")


async def test_only_what_came_since(ann, session):
    """`since` leaves out candidates before that index, and `next` is what to ask for then."""
    await ann.trickles(session, 1, 2, 3)
    seen = await ann.sees(session, since=2)
    assert [it["index"] for it in seen["session"]["candidates"]] == [2]
    assert seen["sync"]["next"] == 3
    assert (await ann.sees(session, since=3))["session"]["candidates"] == []


async def test_nothing_new_has_no_body(ann, bob, session):
    """A reader who has the newest revision gets 304 without a body, and 200 after the next change."""
    answer = await ann.reads(session)
    tag = answer.headers["etag"]
    assert tag == 'W/"1"'
    for known in (tag, f'W/"0", {tag}', '"1"'):
        unchanged = await ann.reads(session, {"if-none-match": known})
        assert (unchanged.status_code, unchanged.content, unchanged.headers["etag"]) == (304, b"", tag)
    await bob.trickles(session, 1)
    assert (await ann.reads(session, {"if-none-match": tag})).status_code == 200


async def test_an_end_is_for_both(ann, bob, session):
    """204 once; from then on the session is unknown, to whoever asks."""
    assert (await bob.http.delete(f"/sessions/{session}")).status_code == 204
    for peer in (bob, ann):
        assert_problem(await peer.http.delete(f"/sessions/{session}"), "not-found")
        assert_problem(await peer.reads(session), "not-found")


async def test_silence_ends_a_session(world, ann, bob, session):
    """After 15 minutes without a write it is unknown; each write and each sign of life gives it 15 minutes more."""
    for write in (ann.offers(session), bob.trickles(session, 1), bob.answers(session)):
        world.clock.advance(s=899)
        assert (await write).json()["sync"]["expires_ms"] == 900_000
    world.clock.advance(s=899)
    assert (await ann.http.post(f"/sessions/{session}/keepalive")).status_code == 200
    world.clock.advance(s=899)
    assert (await ann.sees(session))["sync"]["expires_ms"] == 1_000
    world.clock.advance(s=1)
    assert_problem(await ann.reads(session), "not-found")
    assert_problem(await ann.http.post(f"/sessions/{session}/keepalive"), "not-found")


async def test_a_sign_of_life_is_no_news(world, ann, bob, session):
    """Keepalive brings fresh credentials; the other side has nothing to read for it and is not told."""
    await world.listening.follow(f"u:{bob.id}")
    first = (await ann.http.post(f"/sessions/{session}/keepalive")).json()
    world.clock.advance(s=60)
    second = (await ann.http.post(f"/sessions/{session}/keepalive")).json()
    assert (first["sync"]["rev"], second["sync"]["rev"]) == (1, 1)
    assert second["turn"]["credential"]
    assert await world.listening.frames() == []


async def test_a_mesh_is_found_again(ann, bob, eve):
    """All sessions of a call that the caller has a part in, oldest first, and none of another call or of others."""
    call = new_id()
    one = await ann.opens(peer=bob.email, call_id=call)
    two = await eve.opens(peer=ann.email, call_id=call)
    three = await bob.opens(peer=eve.email, call_id=call)
    await ann.opens(peer=bob.email, call_id=new_id())
    await ann.opens(peer=bob.email)
    await bob.offers(one)

    async def found(peer):
        return (await peer.http.get("/sessions", params={"call_id": call})).json()

    assert await found(ann) == [
        {"id": one, "initiator": ann.email, "peer": bob.email, "rev": 2},
        {"id": two, "initiator": eve.email, "peer": ann.email, "rev": 1},
    ]
    assert {it["id"] for it in await found(bob)} == {one, three}
    await ann.http.delete(f"/sessions/{one}")
    assert [it["id"] for it in await found(ann)] == [two]
    assert (await ann.http.get("/sessions", params={"call_id": new_id()})).json() == []


async def test_a_repeated_creation_is_one(ann, bob):
    """The same Idempotency-Key gets the first answer, byte for byte, and makes no second session."""
    body = {"initiator": ann.email, "peer": bob.email, "call_id": new_id()}
    key = {"idempotency-key": f"{body['call_id']}:1:2"}
    first, again = [await ann.http.post("/sessions", json=body, headers=key) for _ in range(2)]
    assert (again.status_code, again.content, again.headers["location"]) == (
        201,
        first.content,
        first.headers["location"],
    )
    assert len((await ann.http.get("/sessions", params={"call_id": body["call_id"]})).json()) == 1
    assert_problem(await ann.http.post("/sessions", json=body | {"peer": None}, headers=key), "key-reused")


async def test_what_comes_twice_is_one(ann, bob, session):
    """An offer, an answer and candidates that are sent again change nothing and are no refusal."""
    tags = [(await ann.offers(session, **{"if-none-match": "*"})).headers["etag"] for _ in range(2)]
    assert tags == ['"1"', '"1"']
    for _ in range(2):
        assert (await bob.answers(session, offer_rev=1)).status_code == 200
        assert (await bob.trickles(session, 1, 2, 1, fragment="wxyz")).status_code == 200
    seen = await ann.sees(session)
    assert (seen["sync"]["rev"], seen["sync"]["answer_rev"], seen["sync"]["next"]) == (4, 1, 2)


async def test_two_offers_at_once_have_one_winner(ann, bob, session):
    """Of two who offer with the same condition one gets the offer and the other 412, and both read the winner's."""
    first = await asyncio.gather(*(it.offers(session, it.id[:8], **{"if-none-match": "*"}) for it in (ann, bob)))
    assert sorted(it.status_code for it in first) == [200, 412]
    second = await asyncio.gather(*(it.offers(session, f"n{it.id[:8]}", **{"if-match": '"1"'}) for it in (ann, bob)))
    assert sorted(it.status_code for it in second) == [200, 412]
    (won,) = [it for it in second if it.status_code == 200]
    (lost,) = [it for it in second if it.status_code == 412]
    assert won.headers["etag"] == '"2"'
    assert_problem(lost, "precondition-failed")
    assert (await ann.sees(session))["session"]["offer"] == won.json()["session"]["offer"]


async def test_without_condition_the_last_write_wins(ann, bob, session):
    """The documented API has no conditions: each offer replaces the one before."""
    await ann.offers(session, "one1")
    await bob.offers(session, "two2")
    assert (await ann.sees(session))["session"]["offer"] == {"from": bob.email, "sdp": sdp("two2"), "rev": 2}


@pytest.mark.parametrize("tag", ['W/"1"', '"2"', '"0"', "1", ""])
async def test_a_tag_that_does_not_match(ann, session, tag):
    """A weak, an old, a future and an unreadable tag match no offer, and the offer stays."""
    await ann.offers(session)
    assert_problem(await ann.offers(session, "next", **{"if-match": tag}), "precondition-failed")
    assert (await ann.sees(session))["sync"]["offer_rev"] == 1


async def test_any_offer_may_be_asked_for(ann, session):
    """`If-Match: *` is for whatever offer there is, and there must be one."""
    assert_problem(await ann.offers(session, **{"if-match": "*"}), "precondition-failed")
    await ann.offers(session)
    assert (await ann.offers(session, "next", **{"if-match": "*"})).headers["etag"] == '"2"'


async def test_a_stale_answer(ann, bob, session):
    """An answer to an offer that was replaced is 409; the last one that was right stays visible as what it answers."""
    assert_problem(await bob.answers(session), "stale-offer")
    await ann.offers(session)
    await bob.answers(session, offer_rev=1)
    await ann.offers(session, "next")
    assert_problem(await bob.answers(session, "late", offer_rev=1), "stale-offer")
    assert_problem(await bob.answers(session, "late", offer_rev=3), "stale-offer")
    sync = (await ann.sees(session))["sync"]
    assert (sync["offer_rev"], sync["answer_rev"], sync["answer_to"]) == (2, 1, 1)
    assert (await bob.answers(session, "late")).json()["sync"]["answer_to"] == 2


async def test_there_may_be_no_relay(tmp_path):
    """Without TURN URLs `turn` is null and `ice_servers` is empty, which RTCPeerConnection takes as it is."""
    from support.signaling import signaling

    async with signaling(tmp_path, turn_server_urls="") as world:
        ann = await world.peer("ann")
        document = (await ann.http.post("/sessions", json={"initiator": ann.email})).json()
        assert (document["turn"], document["ice_servers"]) == (None, [])
        seen = await ann.sees(document["session"]["id"], participant=ann.email)
        assert (seen["turn"], seen["ice_servers"]) == (None, [])
