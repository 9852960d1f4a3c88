"""Calls of two people through the public interfaces of one running process."""

import uuid

import pytest
from support.signaling import sdp


@pytest.fixture
def ann(person):
    return person("ann@example.org")


@pytest.fixture
def bob(person):
    return person("bob@example.org")


@pytest.fixture
def pair(ann, bob):
    """The conversation of the two."""
    made = ann.http.post("/api/conversations", json={"kind": "direct", "members": [bob.id]})
    return made.json()["conv"]


def told(socket, state):
    """The next snapshot in this state."""
    return socket.wait_for(lambda it: it.get("t", "").startswith("call.") and it["d"]["state"] == state)["d"]


def recorded(socket, call):
    return socket.wait_for(lambda it: it.get("t") == "msg" and it["d"]["id"] == call)["d"]


def test_a_call_from_ring_to_history(ann, bob, pair):
    """One calls, the other's window rings and answers, and both read one entry by socket and by REST."""
    call = str(uuid.uuid4())
    with ann.socket() as at_ann, bob.socket() as at_bob:
        begun = at_ann.request("call.invite", {"conv": pair, "media": "video", "session": "s"}, call)["d"]
        rung = told(at_bob, "ringing")
        assert (rung["call"], rung["session"], rung["from"]) == (call, "s", ann.id)
        at_bob.notice("call.ringing", {"conv": pair, "call": call})
        assert told(at_ann, "ringing")["rev"] >= begun["rev"]
        assert at_bob.request("call.accept", {"conv": pair, "call": call})["d"]["state"] == "active"
        told(at_ann, "active")
        assert (
            at_ann.request("call.end", {"conv": pair, "call": call, "reason": "hangup"})["d"]["reason"] == "completed"
        )
        told(at_bob, "ended")
        entry = recorded(at_bob, call)
        late = at_bob.request("call.accept", {"conv": pair, "call": call})
        assert late["err"]["type"] == "/problems/call-ended"
    history = bob.http.get(f"/api/conversations/{pair}/messages").json()
    assert history["items"] == [entry]
    assert (entry["kind"], entry["meta"]["reason"], entry["meta"]["media"]) == ("call", "completed", "video")
    (listed,) = [it for it in bob.http.get("/api/conversations").json() if it["conv"] == pair]
    assert listed["head"] - listed["read"] == 1


def test_a_window_that_opens_while_it_rings(ann, bob, pair):
    """It finds the call in its greeting and declines it; the caller is told, and the record says so."""
    with ann.socket() as at_ann:
        call = at_ann.request("call.invite", {"conv": pair, "media": "audio"})["d"]["call"]
        with bob.socket() as at_bob:
            (found,) = at_bob.hello["d"]["calls"]
            assert (found["call"], found["state"]) == (call, "ringing")
            assert at_bob.request("call.decline", {"conv": pair, "call": call})["d"]["state"] == "ended"
            assert told(at_ann, "ended")["reason"] == "declined"
            assert recorded(at_bob, call)["meta"]["reason"] == "declined"


def test_no_session_of_a_call_that_is_over(ann, bob, pair):
    """The caller's session is made before the call; when that has ended no other is made, and that one is closed."""
    call = str(uuid.uuid4())
    body = {"initiator": "ann@example.org", "peer": "bob@example.org", "conversation_id": pair, "call_id": call}
    made = ann.http.post("/sessions", json=body)
    assert made.status_code == 201
    with ann.socket() as at_ann:
        at_ann.request("call.invite", {"conv": pair, "media": "audio"}, call)
        assert ann.http.post("/sessions", json=body).status_code == 201
        assert at_ann.request("call.end", {"conv": pair, "call": call})["d"]["state"] == "ended"
    offer = {"from": "ann@example.org", "sdp": sdp()}
    written = ann.http.put(f"/sessions/{made.json()['session']['id']}/offer", json=offer)
    for refused in (ann.http.post("/sessions", json=body), written):
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/call-ended")


def test_signing_out_holds_at_once_at_rtc_service(ann):
    """A person who has just been known there is not any more as soon as they have signed out."""
    path, cookies = f"/sessions?call_id={uuid.uuid4()}", dict(ann.http.cookies)
    assert ann.http.get(path).status_code == 200
    assert ann.http.delete("/session").status_code == 204
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    assert ann.http.get(path, headers={"cookie": cookie}).status_code == 401
