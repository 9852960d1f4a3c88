"""The entry of a call: where it goes, and that it is written once whatever the log says."""

import pytest
from support.call_commands import Clock, accept, invite

from parley.chat_service.adapters.calls_inprocess import InProcessCalls
from parley.chat_service.calls.commands import End
from parley.chat_service.service.recording import Recording
from parley.messages.model import Cursor, Draft

PLACE, OTHER_EPOCH = (1, 0), (9, 0)


@pytest.fixture
async def calls():
    return InProcessCalls(Clock())


@pytest.fixture
async def recording(chat, calls):
    return Recording(calls=calls, log=chat.engines.log, fanout=chat.engines.fanout)


async def ended(calls, after):
    """A call that began there and is over."""
    await calls.change("c", invite(after=after))
    await calls.change("c", accept())
    return (await calls.change("c", End("x", "ann", "ann1"))).call


async def entries(chat):
    return [(it.seq, it.id, it.kind, it.sender) for it in await chat.engines.log.read_after("c", 0, 100)]


async def say(chat, number):
    draft = Draft(conv="c", id=f"text-{number}", sender="bob", body="a text")
    await chat.engines.log.append(draft, Cursor(1, number))


async def is_recorded(calls):
    """Whether nothing of the call is left to be done now."""
    return not [it for outcome in await calls.look() for it in outcome.line.unrecorded]


async def test_two_who_write_it_write_one(chat, calls, recording):
    """Written twice, and with texts in between, it is there once."""
    call = await ended(calls, PLACE)
    await recording.record(call)
    await say(chat, 1)
    await recording.record(call)
    assert await entries(chat) == [(1, "x", "call", "ann"), (2, "text-1", "text", "bob")]
    assert await is_recorded(calls)


async def test_a_place_that_the_log_does_not_take(chat, calls, recording):
    """Where the log can no longer begin from the old place, the call gets a new one, and is written from there."""
    await say(chat, 0)
    call = await ended(calls, OTHER_EPOCH)
    await recording.record(call)
    assert len(await entries(chat)) == 1
    (outcome,) = await calls.look()
    (again,) = outcome.line.unrecorded
    assert again.after == (1, 1)
    await recording.record(again)
    assert await entries(chat) == [(1, "text-0", "text", "bob"), (2, "x", "call", "ann")]
    assert await is_recorded(calls)


async def test_what_was_written_is_found(chat, calls, recording):
    """An entry that an earlier attempt has left is not written again from another place."""
    await say(chat, 0)
    await chat.engines.log.append(Draft(conv="c", id="x", sender="ann", kind="call", meta={}), Cursor(1, 1))
    await recording.record(await ended(calls, OTHER_EPOCH))
    assert [it[1] for it in await entries(chat)] == ["text-0", "x"]
    assert await is_recorded(calls)
