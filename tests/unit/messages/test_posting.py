"""Append, then tell: what is published, where, and what a retry repeats."""

import json

import pytest
from support.listening import Listening
from support.message_logs import LOGS, draft

from parley.contracts import frames
from parley.conversations.model import LOBBY, RECEIPTS_UP_TO, Conversation
from parley.fanout import channels
from parley.fanout.inprocess import InProcessFanout
from parley.messages.model import Cursor
from parley.messages.port import StaleCursor
from parley.messages.posting import NoSuchEntry, mark_read, post, read_marks

START = Cursor(1, 0)


@pytest.fixture
async def log(tmp_path):
    async with LOGS["sqlite"](tmp_path) as opened:
        yield opened


@pytest.fixture
def fanout():
    return InProcessFanout()


@pytest.fixture
async def listening(fanout):
    return await Listening(fanout).follow("c:c", "u:ann", "u:bob")


def conversation(members=2, kind="group", conv="c"):
    names = tuple(f"member{number}" for number in range(members))
    return Conversation(id=conv, kind=kind, title=None, members=names, version=1)


async def test_an_entry_is_published_once_with_its_place(log, fanout, listening):
    """One payload on the conversation's channel holds the place of the entry and the whole `msg` frame."""
    entry = await post(log, fanout, draft("c"), START)
    assert await listening.published() == [("c:c", channels.Published(1, 1, frames.message(entry)))]


async def test_a_retry_publishes_again(log, fanout, listening):
    """A retry appends nothing and publishes the same bytes, for those whom the first publication did not reach."""
    once = draft("c")
    assert await post(log, fanout, once, START) == await post(log, fanout, once, START)
    first, second = await listening.published()
    assert first == second


async def test_nothing_is_published_before_it_is_stored(log, fanout, listening):
    """A draft that gets no place is not told to anybody."""
    with pytest.raises(StaleCursor):
        await post(log, fanout, draft("c"), Cursor(1, 5))
    assert await listening.published() == []


@pytest.mark.parametrize("reply_to", [0, 2, -1])
async def test_a_reply_is_to_something(log, fanout, listening, reply_to):
    """A reply to an entry that is not there is refused with a pointer, and nothing is stored."""
    await post(log, fanout, draft("c"), START)
    with pytest.raises(NoSuchEntry) as refused:
        await post(log, fanout, draft("c", reply_to=reply_to), Cursor(1, 1))
    assert [it.pointer for it in refused.value.errors] == ["/reply_to"]
    assert len(await log.read_after("c", 0, 10)) == 1
    assert (await post(log, fanout, draft("c", reply_to=1), Cursor(1, 1))).reply_to == 1


@pytest.mark.parametrize(
    ("told", "others"),
    [
        (conversation(members=RECEIPTS_UP_TO), True),
        (conversation(kind="direct"), True),
        (conversation(members=RECEIPTS_UP_TO + 1), False),
        (conversation(members=0, kind="lobby"), False),
    ],
)
async def test_who_is_told_how_far_somebody_has_read(log, fanout, listening, told, others):
    """One's own windows always, the other members only in conversations that have receipts."""
    await post(log, fanout, draft("c", "bob"), START)
    await listening.published()
    assert await mark_read(log, fanout, told, "ann", 9) == 1
    notice = {"t": "read", "d": {"conv": "c", "user": "ann", "seq": 1}}
    heard = [(channel, json.loads(it.frame), it.is_entry) for channel, it in await listening.published()]
    assert heard == [("u:ann", notice, False)] + ([("c:c", notice, False)] if others else [])


async def test_the_lobby_counts_from_the_first_look(log, fanout):
    """What was said in the lobby before somebody first saw it is not unread, what came later is."""
    await post(log, fanout, draft(LOBBY, "bob"), START)
    await post(log, fanout, draft("c", "bob"), START)
    assert await read_marks(log, "ann", ["c", LOBBY]) == {"c": 0, LOBBY: 1}
    await post(log, fanout, draft(LOBBY, "bob"), START)
    assert await read_marks(log, "ann", ["c", LOBBY]) == {"c": 0, LOBBY: 1}
    assert await read_marks(log, "ann", ["c"]) == {"c": 0}


async def test_an_empty_lobby_was_seen_too(log, fanout):
    """Somebody who has seen the lobby empty has everything that is said later before them."""
    assert await read_marks(log, "ann", [LOBBY]) == {LOBBY: 0}
    await post(log, fanout, draft(LOBBY, "bob"), START)
    assert await read_marks(log, "ann", [LOBBY]) == {LOBBY: 0}
