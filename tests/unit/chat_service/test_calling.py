"""Calls between windows: what each is told and answered, and what the log keeps."""

import uuid

import pytest
from support.calling import Moved, answer, direct, invite, recorded, slug, standing, told
from support.chatting import LOBBY

from parley.chat_service.adapters.calls_inprocess import InProcessCalls
from parley.chat_service.calls.commands import Renew
from parley.chat_service.calls.model import HELD_MS, RINGS_MS
from parley.contracts import frames
from parley.fanout import channels
from parley.identity.sql import SqlSessions
from parley.message_service.service.members import MemberService
from parley.telemetry.readings import CALL_WINDOWS


@pytest.fixture(autouse=True)
def clock(chat):
    """The time of calls, before a replica is made."""
    moved = Moved()
    chat.engines.calls = InProcessCalls(moved)
    return moved


@pytest.fixture
async def pair(chat):
    """The conversation of ann and bob."""
    return await direct(chat, "ann", "bob")


async def test_a_call_from_ring_to_record(chat, pair, ann, bob):
    """Invite, ring, accept, end: both are told each step, and both find one entry in the log."""
    call = str(uuid.uuid4())
    begun = await invite(ann, pair, call, session="a-session")
    assert (begun["call"], begun["state"], begun["session"]) == (call, "ringing", "a-session")
    assert 0 < begun["ring_ms"] <= RINGS_MS
    assert standing(chat, await told(bob, state="ringing")) == {"ann": "joined", "bob": "invited"}
    bob.notice("call.ringing", {"conv": pair, "call": call})
    assert (await told(ann, by={"user": chat.accounts["bob"].id, "st": "ringing"}))["rev"] > begun["rev"]
    active = await answer(bob, "accept", begun)
    assert active["state"] == "active"
    assert [(it["party"], it["n"]) for it in active["members"]] == [(ann.party, 1), (bob.party, 2)]
    assert await told(ann, rev=active["rev"]) == active
    ended = await answer(ann, "end", begun)
    assert (ended["state"], ended["reason"]) == ("ended", "completed")
    assert await told(bob, rev=ended["rev"]) == ended
    for window in (ann, bob):
        entry = await recorded(window, call)
        assert (entry["from"], entry["seq"]) == (chat.accounts["ann"].id, 1)
        assert entry["meta"]["reason"] == "completed"
        assert entry["meta"]["members"] == [
            {"user": chat.accounts["ann"].id, "st": "left", "n": 1},
            {"user": chat.accounts["bob"].id, "st": "left", "n": 2},
        ]


@pytest.mark.parametrize(
    ("who", "verb", "more", "reason", "stands"),
    [
        ("bob", "decline", {}, "declined", "declined"),
        ("bob", "end", {}, "declined", "declined"),
        ("bob", "decline", {"reason": "busy"}, "busy", "busy"),
        ("ann", "end", {}, "cancelled", "missed"),
        ("ann", "end", {"reason": "failed"}, "failed", "missed"),
    ],
)
async def test_a_call_that_is_not_answered(chat, pair, ann, bob, who, verb, more, reason, stands):
    """Whoever stops the ringing, the other is told, and the record says why."""
    begun = await invite(ann, pair)
    window = {"ann": ann, "bob": bob}[who]
    await answer(window, verb, begun, **more)
    for each in (ann, bob):
        over = await told(each, state="ended")
        assert (over["reason"], over["ring_ms"]) == (reason, 0)
        assert standing(chat, over) == {"ann": "left", "bob": stands}
        meta = (await recorded(each, begun["call"]))["meta"]
        assert (meta["reason"], meta["duration_ms"]) == (reason, 0)


async def test_a_missed_call(chat, pair, ann, bob, clock):
    """When nobody answers for a minute the call has ended as missed."""
    begun = await invite(ann, pair)
    clock.move(RINGS_MS / 1000)
    assert (await told(ann, state="ended"))["reason"] == "missed"
    assert (await recorded(bob, begun["call"]))["meta"]["reason"] == "missed"


async def test_a_lost_ring_is_told_again(chat, pair, ann, clock):
    """A window that was not there when the call began rings within seconds, and one that comes finds it."""
    begun = await invite(ann, pair)
    bob = await chat.window(chat.replica(), "bob").greet()
    (hello,) = [frame for frame in bob.wire.frames() if "calls" in frame.get("d", {})]
    assert [it["call"] for it in hello["d"]["calls"]] == [begun["call"]]
    assert bob.pushes("call.invite") == []
    clock.move(5)
    assert (await told(bob, state="ringing"))["rev"] == begun["rev"]


async def test_answered_elsewhere(chat, here, pair, ann, bob):
    """One window of a person answers; the others are told, may not answer, and cannot hang up or refuse for it."""
    tab = await chat.window(here, "bob").greet()
    begun = await invite(ann, pair)
    active = await answer(bob, "accept", begun)
    assert (await told(tab, state="active"))["by"]["party"] == bob.party
    for verb in ("accept", "decline", "end"):
        assert slug(await answer(tab, verb, begun)) == "answered-elsewhere"
    assert (await answer(bob, "accept", begun))["rev"] == active["rev"]


async def test_a_late_decline_cannot_end_an_answered_call(chat, pair, ann, bob):
    """A refusal that comes after the answer is refused, from the window that answered as well."""
    begun = await invite(ann, pair)
    active = await answer(bob, "accept", begun)
    assert slug(await answer(bob, "decline", begun)) == "answered-elsewhere"
    assert slug(await answer(ann, "decline", begun)) == "answered-elsewhere"
    ended = await answer(bob, "end", begun)
    assert ended["rev"] > active["rev"]


async def test_glare(chat, pair, ann, bob):
    """Who calls back somebody who is calling is in that call, and has not made a second one."""
    begun = await invite(ann, pair, session="anns")
    same = await invite(bob, pair, session="bobs")
    assert (same["call"], same["state"], same["session"]) == (begun["call"], "active", "anns")
    assert (await told(ann, state="active"))["rev"] == same["rev"]


async def test_busy(chat, pair, ann, bob):
    """Who talks elsewhere is not rung, finds a record, and cannot join a second call."""
    other = await direct(chat, "eve", "bob")
    eve = await chat.window(chat.replica(), "eve").greet()
    begun = await invite(ann, pair)
    await answer(bob, "accept", begun)
    tried = await invite(eve, other)
    assert (tried["state"], tried["reason"]) == ("ended", "busy")
    assert standing(chat, tried) == {"eve": "left", "bob": "busy"}
    assert (await recorded(eve, tried["call"]))["meta"]["reason"] == "busy"
    assert slug(await invite(bob, other)) == "busy"
    await answer(ann, "end", begun)
    await told(bob, state="ended", call=begun["call"])
    assert (await invite(bob, other))["state"] == "ringing"


async def test_a_refused_window_keeps_nobody_from_calling(chat, here, pair, ann, bob):
    """What a refused attempt held is free again, and what the joined window holds is not."""
    tab = await chat.window(here, "bob").greet()
    other = await direct(chat, "eve", "bob")
    begun = await invite(ann, pair)
    await answer(bob, "accept", begun)
    assert slug(await answer(tab, "accept", begun)) == "answered-elsewhere"
    assert slug(await invite(tab, other)) == "busy"
    await answer(bob, "end", begun)
    assert slug(await answer(tab, "accept", begun)) == "call-ended"
    assert (await invite(tab, other))["state"] == "ringing"


async def test_a_group_call(chat, ann, bob):
    """A third joins an active call, may leave and come back with a new number; the last two end it."""
    group = await chat.group("ann", "bob", "eve")
    ann, bob, eve = [await chat.window(chat.replica(), name).greet() for name in ("ann", "bob", "eve")]
    begun = await invite(ann, group)
    await answer(bob, "accept", begun)
    await answer(eve, "decline", begun)
    joined = await answer(eve, "accept", begun)
    assert [it["n"] for it in joined["members"]] == [1, 2, 3]
    await answer(eve, "end", begun)
    back = await answer(eve, "accept", begun)
    assert [it["n"] for it in back["members"]] == [1, 2, 4]
    await answer(ann, "end", begun)
    assert (await told(eve, by={"user": chat.accounts["ann"].id, "st": "left", "party": ann.party, "n": 1}))[
        "state"
    ] == "active"
    assert (await answer(bob, "end", begun))["reason"] == "completed"
    assert slug(await answer(bob, "accept", begun)) == "call-ended"


async def test_a_mesh_is_full(chat, here):
    """The fifth of a video call is told so, and how many there may be."""
    names = ["ann", "bob", "eve", "kim", "lee"]
    await chat.people("kim", "lee")
    group = await chat.group(*names)
    windows = [await chat.window(here, name).greet() for name in names]
    begun = await invite(windows[0], group)
    for window in windows[1:4]:
        assert (await answer(window, "accept", begun))["call"] == begun["call"]
    refused = await answer(windows[4], "accept", begun)
    assert (slug(refused), refused["limit"]) == ("call-full", 4)
    await answer(windows[0], "end", begun)
    assert (await answer(windows[4], "accept", begun))["state"] == "active"


async def test_strangers_and_crowds(chat, pair, ann):
    """Outsiders find nothing, the lobby and people alone cannot be called, and an unknown call is unknown."""
    eve = await chat.window(chat.replica(), "eve").greet()
    begun = await invite(ann, pair)
    assert slug(await invite(eve, pair)) == "not-found"
    for verb in ("accept", "decline", "end"):
        assert slug(await answer(eve, verb, begun)) == "not-found"
    eve.notice("call.ringing", {"conv": pair, "call": begun["call"]})
    assert slug(await invite(eve, LOBBY)) == "forbidden"
    assert slug(await invite(eve, await chat.group("eve"))) == "forbidden"
    assert slug(await answer(ann, "accept", begun | {"call": str(uuid.uuid4())})) == "not-found"
    assert eve.pushes("call.invite") == []


async def test_a_group_may_be_too_large(chat, here):
    """Of 33 people nobody is called, and the refusal says how many there may be; 32 have calls."""
    names = [f"p{number}" for number in range(33)]
    await chat.people(*names)
    large, just = await chat.group(*names), await chat.group(*names[1:])
    window = await chat.window(here, "p1").greet()
    refused = await invite(window, large)
    assert (slug(refused), refused["limit"]) == ("forbidden", 32)
    assert len((await invite(window, just))["members"]) == 32


async def test_the_seventh_call_of_a_minute_is_refused(chat, pair, ann):
    """Calling has a budget of six a minute."""
    for _ in range(6):
        await answer(ann, "end", await invite(ann, pair))
    refused = await invite(ann, pair)
    assert (slug(refused), refused["retry_after_ms"] > 0) == ("rate-limited", True)


async def test_a_repeated_invitation(chat, here, pair, ann, bob):
    """The same invitation again, by a new connection, is the same call; once that is over it begins nothing."""
    call = str(uuid.uuid4())
    begun = await invite(ann, pair, call)
    ann = await chat.window(here, "ann", ann.party).greet()
    assert (await invite(ann, pair, call))["rev"] == begun["rev"]
    await answer(bob, "decline", begun)
    ann = await chat.window(here, "ann", ann.party).greet()
    assert slug(await invite(ann, pair, call)) == "call-ended"


async def test_a_call_outlives_a_reload(chat, here, pair, ann, bob, clock):
    """A window that comes back within a minute is still in its call; one that does not has left."""
    begun = await invite(ann, pair)
    await answer(bob, "accept", begun)
    await bob.leave()
    clock.move(55)
    again = await chat.window(here, "bob", bob.party).greet()
    ((call, _),) = await chat.engines.calls.live([pair])
    anns = call.joined_by(chat.accounts["ann"].id, ann.party)
    await chat.engines.calls.change(pair, Renew(anns.user, ann.party, anns.claim, 1_000_000))
    clock.move(55)
    assert (await answer(again, "accept", begun))["state"] == "active"
    await again.leave()
    clock.move(61)
    over = await told(ann, state="ended")
    assert (over["reason"], standing(chat, over)) == ("completed", {"ann": "left", "bob": "left"})


async def test_who_is_removed_lapses_from_the_call(chat, here, clock):
    """A member who is removed in mid-call is not held in it any more, and the others go on without them."""
    group = await chat.group("ann", "bob", "eve")
    windows = [await chat.window(here, name).greet() for name in ("ann", "bob", "eve")]
    begun = await invite(windows[0], group)
    for window in windows[1:]:
        await answer(window, "accept", begun)
    assert here.component.readings[CALL_WINDOWS]() == 3
    people = MemberService(
        conversations=chat.engines.people, accounts=None, log=chat.engines.log, fanout=chat.engines.fanout
    )
    await people.remove(chat.accounts["ann"].id, group, chat.accounts["bob"].id)
    await windows[1].until(lambda frame: frame.get("t") == "conv" and frame["d"]["change"] == "removed")
    for _ in range(2):
        clock.move(HELD_MS / 2000 + 1)
        await here.component.tasks["joined"].__self__._calling.renew_all()
    left = await told(windows[0], state="active", by=None)
    assert standing(chat, left) == {"ann": "joined", "bob": "left", "eve": "joined"}
    assert slug(await answer(windows[1], "accept", begun)) == "not-found"


async def test_signing_out_leaves_the_call(chat, pair, ann, bob):
    """Who signs out has left at once."""
    begun = await invite(ann, pair)
    await answer(bob, "accept", begun)
    sessions = SqlSessions(chat.engines.database)
    caller = await sessions.resolve(chat.token("bob"))
    await sessions.revoke(caller.account.id, caller.device)
    assert (await told(ann, state="ended"))["reason"] == "completed"


async def test_signaling_reaches_all_windows(chat, here, pair, bob):
    """What rtc-service publishes for a person comes to their windows as it is."""
    me = chat.accounts["bob"].id
    frame = frames.rtc_changed("a-session", 3, chat.accounts["ann"].id, None)
    await chat.engines.fanout.publish(channels.account(me), channels.pack(channels.Published(0, 0, frame)))
    await bob.until(lambda it: it.get("t") == "rtc")
    assert bob.pushes("rtc") == [{"session": "a-session", "rev": 3, "from": chat.accounts["ann"].id}]
