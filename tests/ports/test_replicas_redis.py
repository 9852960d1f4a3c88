"""Two replicas of chat-service that share nothing live but a real server."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from support import valkey
from support.chatting import LOBBY, chatting

from parley.chat_service.adapters.redis import RedisPresence
from parley.fanout.redis import open_redis_fanout
from parley.ratelimits.redis import RedisRateLimits
from parley.redis.connections import open_redis

pytestmark = pytest.mark.engine

MESSAGES = 40


@pytest.fixture
async def server():
    async with valkey.emptied() as client:
        yield client


@pytest.fixture
async def chat(tmp_path, server):
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(open_redis(valkey.url()))
        fanouts = [await stack.enter_async_context(open_redis_fanout(valkey.url())) for _ in range(2)]
        chat = await stack.enter_async_context(chatting(tmp_path))
        await chat.people("ann", "bob")
        shared = {"presence": RedisPresence(opened), "limits": RedisRateLimits(opened)}
        chat.here, chat.there = (chat.replica(fanout=it, **shared) for it in fanouts)
        yield chat


def texts(name):
    return [f"{name} {number}" for number in range(MESSAGES // 2)]


async def say_all(window, name):
    for text in texts(name):
        await window.say(LOBBY, text)


async def test_messages_cross_in_order(chat):
    """What is said at one replica is seen at the other, all of it, once, and in the same order at both."""
    ann, bob = await chat.window(chat.here, "ann").greet(), await chat.window(chat.there, "bob").greet()
    await asyncio.gather(say_all(ann, "ann"), say_all(bob, "bob"))
    for window in (ann, bob):
        await window.until(lambda frame, window=window: window.cursor(LOBBY)[1] == MESSAGES)
        assert [d["seq"] for d in window.pushes("msg")] == list(range(1, MESSAGES + 1))
    assert ann.texts(LOBBY) == bob.texts(LOBBY)
    assert [text for text in bob.texts(LOBBY) if text.startswith("ann")] == texts("ann")


async def test_what_a_lost_connection_missed_is_read(chat, server):
    """Messages that were said while a replica could not hear are delivered there in order once it can."""
    ann, bob = await chat.window(chat.here, "ann").greet(), await chat.window(chat.there, "bob").greet()
    for number in range(MESSAGES // 2):
        if number % 5 == 0:
            await server.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        await ann.say(LOBBY, f"ann {number}", after=[1, number])
    await bob.until(lambda frame: bob.cursor(LOBBY)[1] == MESSAGES // 2)
    assert bob.texts(LOBBY) == texts("ann")


async def test_presence_crosses(chat):
    """Who comes to one replica, and goes idle there, is seen so at the other."""
    bob = await chat.window(chat.there, "bob").greet()
    ann_id = chat.accounts["ann"].id
    watched = await bob.request("presence.watch", {"users": [ann_id]})
    assert [it["status"] for it in watched["d"]["statuses"]] == ["offline"]
    ann = await chat.window(chat.here, "ann").greet()
    await bob.until(lambda frame: frame.get("t") == "presence" and frame["d"]["status"] == "active")
    ann.notice("presence.set", {"status": "idle"})
    await bob.until(lambda frame: frame.get("t") == "presence" and frame["d"]["status"] == "idle")
    again = await bob.request("presence.watch", {"users": [ann_id]})
    assert [it["status"] for it in again["d"]["statuses"]] == ["idle"]


async def test_a_window_that_moves_leaves_nothing_behind(chat):
    """The same window, connected anew at another replica, ends its connection at the first."""
    first = await chat.window(chat.here, "ann").greet()
    await chat.window(chat.there, "ann", first.party).greet()
    assert (await first.ended())[0] == 4409
