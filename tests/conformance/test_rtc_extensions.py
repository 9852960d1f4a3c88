"""What is added to the documented calls of rtc-service: conditions, waits, keys, lists. All of it may be left out."""

import asyncio
import uuid

import pytest
from conformance.client import client, slug, told
from conformance.descriptions import candidate_lines, description


@pytest.fixture
async def path(at_ann, bob):
    """A session of Ann with Bob, ended after the test."""
    made = await at_ann.post("/sessions", {"initiator": at_ann.person.email, "peer": bob.email}, 201)
    yield f"/sessions/{made['session']['id']}"
    await at_ann.ask("DELETE", f"/sessions/{made['session']['id']}")


def offering(by, **headers):
    return {"json": {"from": by.person.email, "sdp": description()[0]}, "headers": headers}


async def test_an_offer_on_a_condition(at_ann, at_bob, path):
    """`If-None-Match: *` is for the first, `If-Match` for the one that was seen; who comes second gets 412."""
    where = f"{path}/offer"
    first = await at_ann.ask("PUT", where, **offering(at_ann, **{"if-none-match": "*"}))
    assert (first.status_code, first.headers["etag"]) == (200, '"1"')
    refused = await at_bob.ask("PUT", where, **offering(at_bob, **{"if-none-match": "*"}))
    assert (refused.status_code, slug(refused)) == (412, "precondition-failed")
    assert (await at_bob.ask("PUT", where, **offering(at_bob, **{"if-match": '"1"'}))).headers["etag"] == '"2"'
    refused = await at_ann.ask("PUT", where, **offering(at_ann, **{"if-match": '"1"'}))
    assert (refused.status_code, slug(refused)) == (412, "precondition-failed")
    seen = await at_ann.get(path)
    assert (seen["session"]["offer"]["from"], seen["sync"]["offer_rev"]) == (at_bob.person.email, 2)


async def test_an_offer_that_comes_late_again(at_ann, at_bob, path):
    """A copy of a conditional offer that arrives after the next one does not bring the old one back."""
    late = offering(at_ann, **{"if-none-match": "*"})
    await at_ann.ask("PUT", f"{path}/offer", **late)
    newest = await at_bob.ask("PUT", f"{path}/offer", **offering(at_bob, **{"if-match": '"1"'}))
    assert (await at_ann.ask("PUT", f"{path}/offer", **late)).status_code == 412
    assert (await at_ann.get(path))["session"]["offer"] == newest.json()["session"]["offer"]


async def test_an_answer_to_an_offer_that_was_replaced(at_ann, at_bob, path):
    """With `offer_rev` a stale answer is 409, and `answer_to` tells a reader which offer an answer is for."""
    for _ in range(2):
        await at_ann.ask("PUT", f"{path}/offer", **offering(at_ann))
    body = {"from": at_bob.person.email, "sdp": description()[0]}
    refused = await at_bob.ask("PUT", f"{path}/answer", json=body | {"offer_rev": 1})
    assert (refused.status_code, slug(refused)) == (409, "stale-offer")
    answered = await at_bob.put(f"{path}/answer", body | {"offer_rev": 2})
    assert answered["session"]["answer"]["answer_to"] == answered["sync"]["answer_to"] == 2
    await at_ann.ask("PUT", f"{path}/offer", **offering(at_ann))
    seen = await at_bob.get(path)
    assert (seen["sync"]["offer_rev"], seen["sync"]["answer_to"]) == (3, 2)


async def test_what_comes_again_changes_nothing(at_ann, at_bob, path):
    """Copies of an offer, an answer and a candidate are no news, also after the other side has written."""
    line = candidate_lines("abcd", 1)[0]
    offer = {"from": at_ann.person.email, "sdp": description()[0]}
    answer = {"from": at_bob.person.email, "sdp": description()[0]}
    found = {"from": at_bob.person.email, "candidate": line, "sdpMid": "0", "sdpMLineIndex": 0}
    await at_ann.put(f"{path}/offer", offer)
    await at_bob.put(f"{path}/answer", answer)
    await at_ann.put(f"{path}/offer", offer)
    again = {"from": at_bob.person.email, "sdp": description()[0]}
    await at_bob.put(f"{path}/offer", again)
    await at_bob.post(f"{path}/candidates", found)
    await at_ann.put(f"{path}/answer", {"from": at_ann.person.email, "sdp": description()[0]})
    before = (await at_ann.get(path))["sync"]["rev"]
    await at_bob.put(f"{path}/offer", again)
    seen = await at_bob.post(f"{path}/candidates", found)
    assert seen["sync"]["rev"] == before
    assert [it["candidate"] for it in seen["session"]["candidates"]] == [line]


async def test_reading_only_what_is_new(at_ann, path):
    """`since` leaves out earlier candidates, and the weak entity tag of what is held gives 304 without a body."""
    found = [{"candidate": it} for it in candidate_lines("abcd", 3)]
    sent = await at_ann.post(f"{path}/candidates", {"from": at_ann.person.email, "candidates": found})
    answer = await at_ann.ask("GET", path, params={"since": 2})
    assert [it["index"] for it in told(answer, 200)["session"]["candidates"]] == [2]
    assert answer.headers["etag"] == f'W/"{sent["sync"]["rev"]}"'
    same = await at_ann.ask("GET", path, headers={"if-none-match": answer.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")


async def test_a_wait_ends_with_a_change(at_ann, at_bob, path):
    """Who has everything waits, and is answered with what the other side writes meanwhile."""
    etag = (await at_bob.ask("GET", path)).headers["etag"]
    waiting = asyncio.create_task(at_bob.ask("GET", path, params={"wait": 25}, headers={"if-none-match": etag}))
    offered = await at_ann.ask("PUT", f"{path}/offer", **offering(at_ann))
    answer = await asyncio.wait_for(waiting, 20)
    assert told(answer, 200)["session"]["offer"] == offered.json()["session"]["offer"]


async def test_a_wait_ends_with_the_session(at_ann, at_bob, path):
    """Who waits for a session that the other side ends is told 404."""
    etag = (await at_bob.ask("GET", path)).headers["etag"]
    waiting = asyncio.create_task(at_bob.ask("GET", path, params={"wait": 25}, headers={"if-none-match": etag}))
    assert (await at_ann.ask("DELETE", path)).status_code == 204
    assert (await asyncio.wait_for(waiting, 20)).status_code == 404


async def test_a_wait_in_vain(at_ann, path):
    """At the end of a wait without news the answer is 304."""
    etag = (await at_ann.ask("GET", path)).headers["etag"]
    answer = await at_ann.ask("GET", path, params={"wait": 0.2}, headers={"if-none-match": etag})
    assert (answer.status_code, answer.headers["etag"]) == (304, etag)


async def test_one_session_for_one_key(at_ann, bob):
    """A creating request that comes again under its key gets its first answer; another body under it is 422."""
    call, key = str(uuid.uuid4()), {"idempotency-key": f"conformance-{uuid.uuid4()}"}
    body = {"initiator": at_ann.person.email, "peer": bob.email, "call_id": call}
    made = [await at_ann.post("/sessions", body, 201, headers=key) for _ in range(2)]
    assert made[0] == made[1]
    listed = told(await at_ann.ask("GET", "/sessions", params={"call_id": call}), 200)
    assert [it["id"] for it in listed] == [made[0]["session"]["id"]]
    other = await at_ann.ask("POST", "/sessions", json=body | {"peer": None}, headers=key)
    assert (other.status_code, slug(other)) == (422, "key-reused")
    await at_ann.ask("DELETE", f"/sessions/{made[0]['session']['id']}")


async def test_a_named_peer_keeps_others_out(path, eve):
    """With a `peer` nobody else finds the session, from the beginning."""
    async with client(eve) as at_eve:
        assert (await at_eve.ask("GET", path)).status_code == 404


async def test_keeping_it_alive(at_bob, path):
    """Keepalive gives the session its whole life again, and credentials."""
    kept = told(await at_bob.ask("POST", f"{path}/keepalive"), 200)
    assert {"session", "sync", "turn", "ice_servers"} == set(kept)
    assert kept["sync"]["expires_ms"] > 0
