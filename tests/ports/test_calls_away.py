"""What becomes of calls while their server is away, over an address at which nobody answers."""

import pytest
from support.call_commands import invite
from support.calling import direct, slug
from support.calling import invite as call
from support.chatting import LOBBY, chatting
from support.valkey import NOBODY

from parley.chat_service.adapters.calls_redis import open_redis_calls
from parley.chat_service.errors import CallsUnavailable


async def test_a_server_that_is_away():
    """Every question is refused for now; nothing hangs and nothing else is raised."""
    async with open_redis_calls(NOBODY) as calls:
        for asked in (
            calls.change("c", invite()),
            calls.live(["c"]),
            calls.look(),
            calls.claim("ann", "c", "1"),
            calls.release("ann", "1"),
            calls.engaged(["ann"], "c"),
        ):
            with pytest.raises(CallsUnavailable) as refused:
                await asked
            assert refused.value.retry_after_ms == 1000


async def test_people_talk_on(tmp_path):
    """A window is greeted, calls are refused for now, and messages go through."""
    async with chatting(tmp_path) as chat, open_redis_calls(NOBODY) as calls:
        await chat.people("ann", "bob")
        pair = await direct(chat, "ann", "bob")
        here = chat.replica(calls=calls)
        ann = await chat.window(here, "ann").greet()
        assert slug(await call(ann, pair)) == "unavailable"
        await ann.say(LOBBY, "still here")
        again = await chat.window(here, "ann").greet()
        assert [frame["d"]["calls"] for frame in again.wire.frames() if "calls" in frame.get("d", {})] == [[]]
