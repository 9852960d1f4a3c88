"""What two people do in their first five minutes, through the public interfaces of one running process."""

import pytest
from support.person import LOBBY


@pytest.fixture
def ann(person):
    return person("ann@example.org")


@pytest.fixture
def bob(person):
    return person("bob@example.org")


def test_they_meet_in_the_lobby(ann, bob):
    """Two fresh accounts see each other online and talk at once, without inviting anybody."""
    with ann.socket() as at_ann, bob.socket() as at_bob:
        people = ann.http.get("/api/people").json()
        assert [person["email"] for person in people] == ["bob@example.org"]
        statuses = at_ann.request("presence.watch", {"users": [bob.id]})["d"]["statuses"]
        assert [(one["user"], one["status"]) for one in statuses] == [(bob.id, "active")]
        ack = at_ann.say(LOBBY, "good morning")
        got = at_bob.wait_for_text("good morning")
        assert (got["seq"], got["from"], got["epoch"]) == (ack["seq"], ann.id, ack["epoch"])


def test_presence_follows_a_closed_window(ann, bob):
    """Somebody who closes the last window is told as offline to whoever watches."""
    with ann.socket() as at_ann:
        with bob.socket():
            at_ann.request("presence.watch", {"users": [bob.id]})
        gone = at_ann.wait_for(lambda frame: frame.get("t") == "presence" and frame["d"]["user"] == bob.id)
        assert gone["d"]["status"] == "offline"


def test_a_direct_conversation(ann, bob):
    """A direct conversation is one for both, reaches the other's open window, and counts as unread until read."""
    with ann.socket() as at_ann, bob.socket() as at_bob:
        made = ann.http.post("/api/conversations", json={"kind": "direct", "members": [bob.id]})
        assert made.status_code == 201, made.text
        conv = made.json()["conv"]
        assert bob.http.post("/api/conversations", json={"kind": "direct", "members": [ann.id]}).json()["conv"] == conv
        at_bob.wait_for(lambda frame: frame.get("t") == "conv" and frame["d"] == {"conv": conv, "change": "added"})
        at_ann.say(conv, "just us", after=[1, 0])
        at_bob.wait_for_text("just us")
        listed = {one["conv"]: one for one in bob.http.get("/api/conversations").json()}
        assert listed[conv]["head"] - listed[conv]["read"] == 1
        assert at_bob.request("msg.read", {"conv": conv, "seq": listed[conv]["head"]})["ok"]
        at_ann.wait_for(lambda frame: frame.get("t") == "read" and frame["d"]["user"] == bob.id)
        listed = {one["conv"]: one for one in bob.http.get("/api/conversations").json()}
        assert listed[conv]["head"] == listed[conv]["read"]


def test_a_group_and_who_leaves_it(ann, bob, person):
    """A removed member is told, gets nothing that comes later, and the group does not exist for them any more."""
    eve = person("eve@example.org")
    group = {"kind": "group", "members": [bob.id, eve.id], "title": "String quartet"}
    conv = ann.http.post("/api/conversations", json=group).json()["conv"]
    with ann.socket() as at_ann, eve.socket() as at_eve:
        at_ann.say(conv, "before")
        at_eve.wait_for_text("before")
        assert ann.http.delete(f"/api/conversations/{conv}/members/{eve.id}").status_code == 204
        at_eve.wait_for(lambda frame: frame.get("t") == "conv" and frame["d"]["change"] == "removed")
        at_ann.wait_for(lambda frame: frame.get("t") == "msg" and frame["d"]["kind"] == "member")
        at_ann.say(conv, "after")
        at_ann.say(LOBBY, "the last thing eve can see")
        at_eve.wait_for_text("the last thing eve can see")
        assert "after" not in [message.get("body") for message in at_eve.messages(conv)]
    assert eve.http.get(f"/api/conversations/{conv}/messages").status_code == 404


def test_history_page_by_page(ann):
    """History reads ascending from either end and tells the head."""
    with ann.socket() as at_ann:
        for number in range(7):
            at_ann.say(LOBBY, f"line {number}")
    path = f"/api/conversations/{LOBBY}/messages"
    newest = ann.http.get(path, params={"before": 8, "limit": 3}).json()
    oldest = ann.http.get(path, params={"after": 0, "limit": 2}).json()
    assert (newest["head"], [item["body"] for item in newest["items"]]) == (7, ["line 4", "line 5", "line 6"])
    assert [item["body"] for item in oldest["items"]] == ["line 0", "line 1"]
