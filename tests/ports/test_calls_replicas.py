"""Calls between replicas of chat-service that share a real server, and what becomes of them when one dies."""

from contextlib import AsyncExitStack

import pytest
from support import valkey
from support.calling import Moved, answer, direct, invite, recorded, slug, standing, told
from support.chatting import chatting

from parley.chat_service.adapters.calls_redis import RedisCalls
from parley.chat_service.adapters.redis import RedisPresence
from parley.chat_service.calls.model import RINGS_MS
from parley.fanout.redis import open_redis_fanout
from parley.redis.connections import open_redis

pytestmark = pytest.mark.engine


@pytest.fixture
async def clock():
    return Moved()


@pytest.fixture
async def chat(tmp_path, clock):
    """Ann at one replica, bob at another."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(valkey.emptied())
        opened = await stack.enter_async_context(open_redis(valkey.url()))
        fanouts = [await stack.enter_async_context(open_redis_fanout(valkey.url())) for _ in range(2)]
        chat = await stack.enter_async_context(chatting(tmp_path))
        await chat.people("ann", "bob")
        chat.pair = await direct(chat, "ann", "bob")
        shared = {"presence": RedisPresence(opened), "calls": RedisCalls(opened, clock)}
        chat.here, chat.there = (chat.replica(fanout=it, **shared) for it in fanouts)
        chat.ann = await chat.window(chat.here, "ann").greet()
        chat.bob = await chat.window(chat.there, "bob").greet()
        yield chat


async def test_a_call_crosses(chat):
    """Ring, answer and end are told at the other replica, and both find one entry."""
    begun = await invite(chat.ann, chat.pair)
    await told(chat.bob, state="ringing")
    chat.bob.notice("call.ringing", {"conv": chat.pair, "call": begun["call"]})
    await told(chat.ann, by={"user": chat.accounts["bob"].id, "st": "ringing"})
    await answer(chat.bob, "accept", begun)
    assert (await told(chat.ann, state="active"))["call"] == begun["call"]
    await answer(chat.ann, "end", begun)
    await told(chat.bob, state="ended", reason="completed")
    for window in (chat.ann, chat.bob):
        assert (await recorded(window, begun["call"]))["seq"] == 1
    assert slug(await answer(chat.bob, "accept", begun)) == "call-ended"


async def test_glare_crosses(chat):
    """Two who call each other at two replicas at once are in one call."""
    one = await invite(chat.ann, chat.pair)
    other = await invite(chat.bob, chat.pair)
    assert other["call"] == one["call"]
    assert standing(chat, await told(chat.ann, state="active")) == {"ann": "joined", "bob": "joined"}


async def test_busy_crosses(chat):
    """Who talks at one replica is busy at the other."""
    await chat.people("eve")
    other = await direct(chat, "eve", "bob")
    begun = await invite(chat.ann, chat.pair)
    await answer(chat.bob, "accept", begun)
    eve = await chat.window(chat.here, "eve").greet()
    assert (await invite(eve, other))["reason"] == "busy"


async def test_a_call_is_missed_at_both(chat, clock):
    """Whichever replica looks first ends it, and both are told."""
    begun = await invite(chat.ann, chat.pair)
    clock.move(RINGS_MS / 1000)
    for window in (chat.ann, chat.bob):
        assert (await told(window, state="ended"))["reason"] == "missed"
        assert (await recorded(window, begun["call"]))["meta"]["reason"] == "missed"
