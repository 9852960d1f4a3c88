"""Calls: snapshots that every window comes to agree on, and one record, over windows that are cut."""

import asyncio
import uuid
from itertools import cycle
from random import Random

import pytest
from conformance.client import client, slug
from conformance.descriptions import description
from conformance.window import window

PATIENCE_S = 60


@pytest.fixture(scope="module")
def pairs(ann, bob, eve):
    """Who calls whom, in turns: a person may call six times a minute."""
    return cycle([(ann, bob), (bob, eve), (eve, ann)])


@pytest.fixture
async def conv(pairs):
    """Two people, and a group of theirs that nobody has called."""
    caller, callee = next(pairs)
    async with client(caller) as http:
        body = {"kind": "group", "members": [callee.id], "title": "Conformance"}
        made = await http.post("/api/conversations", body, 201)
    return caller, callee, made["conv"]


def standing(call: dict | None, user: str) -> str | None:
    return next((it["st"] for it in call["members"] if it["user"] == user), None) if call else None


async def test_a_call_over_windows_that_are_cut(conv):
    """Invited, ringing, accepted, ended: each request is repeated under its id until answered, and counts once."""
    caller, callee, conv = conv
    random = Random("call")
    call, session = str(uuid.uuid4()), uuid.uuid4().hex[:22]
    async with window(caller) as calling, window(callee) as called, asyncio.timeout(PATIENCE_S):
        for each in (calling, called):
            each.cursors[conv] = [1, 0]
            each.unreliably(random)
        invited = await calling.request("call.invite", {"conv": conv, "media": "video", "session": session}, call)
        assert (invited["ok"], invited["d"]["call"], invited["d"]["session"]) == (True, call, session)
        await called.until(lambda: standing(called.calls.get(conv), callee.id) in ("invited", "ringing"))
        await called.notice("call.ringing", {"conv": conv, "call": call})
        await calling.until(lambda: standing(calling.calls.get(conv), callee.id) == "ringing")
        accepted = await called.request("call.accept", {"conv": conv, "call": call})
        assert (accepted["ok"], accepted["d"]["state"]) == (True, "active")
        await calling.until(lambda: calling.calls[conv]["state"] == "active")
        assert [it["n"] for it in calling.calls[conv]["members"]] == [1, 2]
        await calling.request("call.end", {"conv": conv, "call": call})
        for each in (calling, called):
            await each.until(lambda each=each: any(it["id"] == call for it in each.entries.get(conv, {}).values()))
        assert calling.cuts + called.cuts > 0
    async with client(callee) as http:
        items = (await http.get(f"/api/conversations/{conv}/messages", params={"after": 0}))["items"]
    records = [it for it in items if it["kind"] == "call"]
    assert [(it["id"], it["from"], it["meta"]["reason"]) for it in records] == [(call, caller.id, "completed")]


async def test_answered_on_another_device(conv):
    """The first window to accept has the call: the others are told so, refused with 409, and cannot decline it."""
    caller, callee, conv = conv
    call = str(uuid.uuid4())
    async with (
        window(caller) as calling,
        window(callee) as first,
        window(callee) as second,
        asyncio.timeout(PATIENCE_S),
    ):
        await calling.request("call.invite", {"conv": conv, "media": "audio"}, call)
        for each in (first, second):
            await each.until(lambda each=each: conv in each.calls)
        assert (await first.request("call.accept", {"conv": conv, "call": call}))["ok"]
        await second.until(lambda: standing(second.calls[conv], callee.id) == "joined")
        assert next(it for it in second.calls[conv]["members"] if it["user"] == callee.id)["party"] == first.party
        for kind in ("call.accept", "call.decline", "call.end"):
            late = await second.request(kind, {"conv": conv, "call": call})
            assert (late["ok"], late["err"]["type"]) == (False, "/problems/answered-elsewhere"), kind
        assert (await first.request("call.accept", {"conv": conv, "call": call}))["ok"]
        assert (await calling.request("call.end", {"conv": conv, "call": call}))["d"]["state"] == "ended"
        over = await first.request("call.accept", {"conv": conv, "call": call})
        assert (over["ok"], over["err"]["type"]) == (False, "/problems/call-ended")


async def test_both_call_at_once(conv):
    """Two invitations to one conversation are one call, in which both are."""
    caller, callee, conv = conv
    async with window(caller) as one, window(callee) as other, asyncio.timeout(PATIENCE_S):
        data = {"conv": conv, "media": "audio"}
        replies = await asyncio.gather(*(it.request("call.invite", data) for it in (one, other)))
        assert [it["ok"] for it in replies] == [True, True]
        assert replies[0]["d"]["call"] == replies[1]["d"]["call"]
        for each in (one, other):
            await each.until(lambda each=each: each.calls.get(conv, {}).get("state") == "active")
        ended = await one.request("call.end", {"conv": conv, "call": replies[0]["d"]["call"]})
        assert (ended["d"]["state"], ended["d"]["reason"]) == ("ended", "completed")


async def test_no_session_for_a_call_that_is_over(conv):
    """A session may be made before its call begins; when it is over none is, and nothing is written to that one."""
    caller, callee, conv = conv
    call = str(uuid.uuid4())
    body = {"initiator": caller.email, "peer": callee.email, "conversation_id": conv, "call_id": call}
    async with client(caller) as http, window(caller) as calling, asyncio.timeout(PATIENCE_S):
        session = (await http.post("/sessions", body, 201))["session"]["id"]
        await calling.request("call.invite", {"conv": conv, "media": "audio", "session": session}, call)
        offer = {"from": caller.email, "sdp": description()[0]}
        await http.put(f"/sessions/{session}/offer", offer)
        assert (await calling.request("call.end", {"conv": conv, "call": call}))["d"]["state"] == "ended"
        for method, path, more in (
            ("POST", "/sessions", body),
            ("PUT", f"/sessions/{session}/offer", offer | {"sdp": description()[0]}),
            ("POST", f"/sessions/{session}/keepalive", None),
        ):
            refused = await http.ask(method, path, json=more)
            assert (refused.status_code, slug(refused)) == (409, "call-ended"), path
        assert (await http.ask("DELETE", f"/sessions/{session}")).status_code == 204


async def test_declined(conv):
    """A refusal on one window ends the call of two, and all windows are told."""
    caller, callee, conv = conv
    call = str(uuid.uuid4())
    async with window(caller) as calling, window(callee) as called, asyncio.timeout(PATIENCE_S):
        await calling.request("call.invite", {"conv": conv, "media": "audio"}, call)
        await called.until(lambda: conv in called.calls)
        declined = await called.request("call.decline", {"conv": conv, "call": call})
        assert (declined["d"]["state"], declined["d"]["reason"]) == ("ended", "declined")
        await calling.until(lambda: calling.calls[conv]["state"] == "ended")


async def test_a_window_that_comes_back_is_told_of_the_call(conv):
    """`calls` in the reply to hello is what rings now: whoever was away needs nothing else."""
    caller, callee, conv = conv
    call = str(uuid.uuid4())
    async with window(caller) as calling, window(callee) as called, asyncio.timeout(PATIENCE_S):
        await called.cut()
        await calling.request("call.invite", {"conv": conv, "media": "audio"}, call)
        called.calls.clear()
        await called.until(lambda: called.calls.get(conv, {}).get("call") == call)
        await calling.request("call.end", {"conv": conv, "call": call})
        await called.until(lambda: called.calls[conv]["state"] == "ended")
        assert called.calls[conv]["reason"] == "cancelled"
