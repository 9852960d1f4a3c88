"""Who is here, as others are told it."""

import uuid

from parley.chat_service.adapters.inprocess import InProcessPresence
from parley.chat_service.presence import GRACE_S
from parley.conversations.sql import SqlConversations


async def watch(window, *ids):
    reply = await window.request("presence.watch", {"users": list(ids)})
    return {one["user"]: one["status"] for one in reply["d"]["statuses"]}


async def told(window, status):
    return await window.until(lambda frame: frame.get("t") == "presence" and frame["d"]["status"] == status)


async def test_watching_tells_now_and_later(chat, here, ann):
    """The reply tells how everyone is now; what changes later is pushed, from any replica."""
    bob = chat.accounts["bob"].id
    assert await watch(ann, bob) == {bob: "offline"}
    window = await chat.window(chat.replica(), "bob").greet()
    assert (await told(ann, "active"))["d"]["user"] == bob
    window.notice("presence.set", {"status": "idle"})
    assert (await told(ann, "idle"))["d"]["user"] == bob


async def test_a_new_list_replaces_the_old(chat, here, ann):
    """Who is no longer on the list is not told of any more."""
    bob, eve = chat.accounts["bob"].id, chat.accounts["eve"].id
    await watch(ann, bob)
    await watch(ann, eve)
    await chat.window(here, "bob").greet()
    await chat.window(here, "eve").greet()
    await told(ann, "active")
    assert {d["user"] for d in ann.pushes("presence")} == {eve}


async def test_strangers_are_offline(chat):
    """Without a common conversation somebody reads as offline and stays it, and so does who does not exist."""
    people = SqlConversations(chat.engines.database, lobby=False)
    here = chat.replica(membership=people)
    ann, bob = [await chat.window(here, name).greet() for name in ("ann", "bob")]
    bob_id, nobody = chat.accounts["bob"].id, str(uuid.uuid4())
    assert await watch(ann, bob_id, nobody) == {bob_id: "offline", nobody: "offline"}
    bob.notice("presence.set", {"status": "idle"})
    await bob.request("sync", {"cursors": {}})
    assert ann.pushes("presence") == []
    await chat.group("ann", "bob")
    assert await watch(ann, bob_id) == {bob_id: "idle"}


async def test_leaving_is_told_after_a_grace(chat):
    """The last window's end is told as offline once the grace is over, and not before."""
    now = [0.0]
    presence = InProcessPresence(clock=lambda: now[0])
    here = chat.replica(presence=presence)
    ann, bob = [await chat.window(here, name).greet() for name in ("ann", "bob")]
    await watch(ann, chat.accounts["bob"].id)
    await bob.leave()
    assert (await watch(ann, chat.accounts["bob"].id)) == {chat.accounts["bob"].id: "active"}
    now[0] = GRACE_S
    await told(ann, "offline")


async def test_a_draining_replica_takes_nobody_offline(chat, ann):
    """Windows that a drain has closed stay present for their lease: they are on their way to another replica."""
    now = [0.0]
    presence = InProcessPresence(clock=lambda: now[0])
    here, there = chat.replica(presence=presence), chat.replica(presence=presence)
    bob = await chat.window(here, "bob").greet()
    watcher = await chat.window(there, "ann").greet()
    await here.component.drain()
    assert (await bob.ended())[0] == 1012
    now[0] = GRACE_S + 1
    await presence.expire()
    bob_id = chat.accounts["bob"].id
    assert await watch(watcher, bob_id) == {bob_id: "active"}


async def test_a_new_person_is_seen_in_the_lobby(chat, ann):
    """Somebody who signs up later can be watched at once."""
    await chat.people("kim")
    kim = chat.accounts["kim"].id
    await chat.window(chat.replica(), "kim").greet()
    assert await watch(ann, kim) == {kim: "active"}
