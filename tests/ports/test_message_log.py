"""The port MessageLog: one dense order, exactly once, and what may be read of it."""

import asyncio
import dataclasses

import pytest
from support.message_logs import ADAPTERS, LOGS, draft

from parley.identity.model import new_id
from parley.messages.model import MAX_BODY, MAX_WALK, Cursor, Head
from parley.messages.port import StaleCursor

START = Cursor(1, 0)


@pytest.fixture(params=ADAPTERS)
def opener(request):
    return LOGS[request.param]


@pytest.fixture
async def log(opener, tmp_path):
    async with opener(tmp_path) as opened:
        yield opened


@pytest.fixture
def conv():
    return new_id()


async def say(log, conv, count, sender="ann"):
    """Append that many texts, each behind the one before."""
    entries = []
    for number in range(1, count + 1):
        after = Cursor(1, entries[-1].seq if entries else 0)
        entries.append(await log.append(draft(conv, sender, f"line {number}"), after))
    return entries


async def test_an_entry_is_what_was_drafted(log, conv):
    """What was appended comes back whole: every member, every character, numbered from 1 in epoch 1."""
    body = "é\n\tनमस्ते 👋🏽 '; DROP TABLE log; --" + "x" * (MAX_BODY - 100)
    text = draft(conv, body=body)
    member = draft(conv, body=None, kind="member", meta={"change": "joined", "user": "é", "n": [1, None]}, reply_to=1)
    entries = [await log.append(text, START), await log.append(member, Cursor(1, 1))]
    for seq, (given, entry) in enumerate(zip((text, member), entries, strict=True), 1):
        assert (entry.epoch, entry.seq) == (1, seq)
        assert dataclasses.asdict(given).items() <= dataclasses.asdict(entry).items()
        assert entry.at_ms > 1_700_000_000_000
    assert await log.read_after(conv, 0, 10) == entries


async def test_parallel_appends_leave_no_hole(log, conv):
    """However many send at once, the sequence is 1 to n, and each sender's own order holds."""
    senders = [f"sender{number}" for number in range(20)]
    said = await asyncio.gather(*(say(log, conv, 10, sender) for sender in senders))
    stored = await log.read_after(conv, 0, 1000)
    assert [entry.seq for entry in stored] == list(range(1, 201))
    for sender, entries in zip(senders, said, strict=True):
        assert [entry for entry in stored if entry.sender == sender] == entries


async def test_a_retry_finds_its_entry(log, conv):
    """The same draft after the same cursor is the same entry, whatever has been appended since."""
    first = draft(conv)
    entry = await log.append(first, START)
    await say(log, conv, 5, "bob")
    assert await log.append(first, START) == entry
    assert (await log.heads([conv]))[conv] == Head(1, 6)


async def test_parallel_retries_are_one_entry(log, conv):
    """64 attempts of one message at once give one entry to all of them."""
    once = draft(conv)
    entries = await asyncio.gather(*(log.append(once, START) for _ in range(64)))
    assert set(map(repr, entries)) == {repr(entries[0])}
    assert len(await log.read_after(conv, 0, 100)) == 1


async def test_an_id_belongs_to_its_sender(log, conv):
    """The same id from two senders is two messages."""
    same = new_id()
    entries = [await log.append(draft(conv, sender, id=same), START) for sender in ("ann", "bob")]
    assert [entry.seq for entry in entries] == [1, 2]


async def test_conversations_do_not_mix(log):
    """Each conversation counts from 1 and shows its own entries only."""
    one, other = new_id(), new_id()
    await say(log, one, 3)
    assert [entry.seq for entry in await say(log, other, 2)] == [1, 2]
    assert {entry.conv for entry in await log.read_after(other, 0, 10)} == {other}
    assert {entry.conv for entry in await log.read_before(one, 9, 10)} == {one}


@pytest.mark.parametrize("after", [Cursor(1, 4), Cursor(1, 10**15), Cursor(2, 3), Cursor(0, 0)])
async def test_a_stale_cursor_is_refused(log, conv, after):
    """A cursor at an empty slot or of another epoch is refused, and nothing is stored."""
    await say(log, conv, 3)
    with pytest.raises(StaleCursor):
        await log.append(draft(conv), after)
    assert (await log.heads([conv]))[conv] == Head(1, 3)


async def test_how_far_behind_one_may_be(log, conv):
    """An append may start MAX_WALK behind the head, and not one further."""
    for start in range(0, MAX_WALK, 100):
        await asyncio.gather(*(log.append(draft(conv), Cursor(1, start)) for _ in range(100)))
    assert (await log.append(draft(conv), START)).seq == MAX_WALK + 1
    with pytest.raises(StaleCursor):
        await log.append(draft(conv), START)
    assert (await log.append(draft(conv), Cursor(1, 1))).seq == MAX_WALK + 2


async def test_reading_after(log, conv):
    """Entries behind a number come ascending, no more than asked for, and none behind the newest."""
    entries = await say(log, conv, 5)
    assert await log.read_after(conv, 0, 3) == entries[:3]
    assert await log.read_after(conv, 3, 10) == entries[3:]
    assert await log.read_after(conv, 5, 10) == []
    assert await log.read_after(conv, 10**15, 10) == []


async def test_reading_before(log, conv):
    """Entries before a number come ascending and are the nearest ones; there is nothing before the first."""
    entries = await say(log, conv, 5)
    assert await log.read_before(conv, 6, 2) == entries[3:]
    assert await log.read_before(conv, 4, 10) == entries[:3]
    assert await log.read_before(conv, 10**15, 1) == entries[4:]
    assert await log.read_before(conv, 1, 10) == await log.read_before(conv, 0, 10) == []


async def test_an_empty_log(log, conv):
    """A conversation that nothing was said in has head 0 in epoch 1, no entries, and marks at 0."""
    assert await log.heads([conv]) == {conv: Head(1, 0)}
    assert await log.newest([conv]) == {}
    assert await log.read_after(conv, 0, 10) == await log.read_before(conv, 10, 10) == []
    assert await log.marks_of("ann", [conv]) == {conv: 0}
    assert await log.marks_in(conv, ["ann"]) == {"ann": 0}
    assert await log.mark_read(conv, "ann", 7) == 0


async def test_many_conversations_at_once(log):
    """Heads, newest entries and marks of 1,000 conversations come in one call each."""
    convs = [new_id() for _ in range(1000)]
    newest = {conv: (await say(log, conv, 2))[-1] for conv in convs[:20]}
    assert await log.newest(convs) == newest
    assert await log.heads(convs) == {conv: Head(1, 2 if conv in newest else 0) for conv in convs}
    assert await log.marks_of("ann", convs) == {conv: 2 if conv in newest else 0 for conv in convs}
    assert await log.heads([]) == await log.newest([]) == await log.marks_of("ann", []) == {}


async def test_marks_only_move_forward(log, conv):
    """A read mark is the maximum of what it was set to, and never past the head."""
    await say(log, conv, 5)
    assert [await log.mark_read(conv, "bob", seq) for seq in (2, 1, 4, 0, 99)] == [2, 2, 4, 4, 5]
    assert await log.marks_of("bob", [conv]) == {conv: 5}


async def test_marks_set_in_parallel_converge(log, conv):
    """From many devices at once the furthest mark stands."""
    await say(log, conv, 50)
    await asyncio.gather(*(log.mark_read(conv, "bob", seq) for seq in (*range(50, 0, -1), *range(1, 48))))
    assert await log.marks_in(conv, ["bob", "eve"]) == {"bob": 50, "eve": 0}


async def test_a_sender_has_read_up_to_what_they_said(log, conv):
    """An append moves the sender's mark to the entry, and nobody else's; a late retry does not move it back."""
    first = draft(conv)
    await log.append(first, START)
    await say(log, conv, 1, "bob")
    await log.mark_read(conv, "ann", 2)
    await log.append(first, START)
    assert await log.marks_in(conv, ["ann", "bob", "eve"]) == {"ann": 2, "bob": 2, "eve": 0}


async def test_beginning_to_read(log, conv):
    """The first look puts a missing mark at the head, also of an empty log, and leaves one that is there."""
    assert await log.begin_reading(conv, "ann") == 0
    await say(log, conv, 3, "bob")
    assert [await log.begin_reading(conv, who) for who in ("ann", "eve", "bob")] == [0, 3, 3]
    await say(log, conv, 1, "bob")
    assert await log.begin_reading(conv, "eve") == 3
    assert [await log.mark_read(conv, "eve", seq) for seq in (1, 4)] == [3, 4]
    assert (await log.marks_in(conv, ["eve"]), await log.marks_of("eve", [conv])) == ({"eve": 4}, {conv: 4})


async def test_first_looks_in_parallel_are_one(log, conv):
    """Of many first looks at once, while others go on writing, one puts the mark, and all are told where."""
    looks = [log.begin_reading(conv, "eve") for _ in range(10)]
    stands, *_ = await asyncio.gather(asyncio.gather(*looks), say(log, conv, 10, "bob"))
    assert {await log.begin_reading(conv, "eve")} == set(stands)


async def test_a_reader_sees_what_was_acknowledged(log, conv):
    """A read that starts after an append has returned sees it, while others go on writing."""

    async def write_and_look(sender):
        for _ in range(20):
            entry = await log.append(draft(conv, sender), START)
            assert (await log.read_after(conv, entry.seq - 1, 1))[0] == entry
            assert (await log.heads([conv]))[conv].seq >= entry.seq

    await asyncio.gather(*(write_and_look(f"sender{number}") for number in range(10)))


async def test_a_log_that_answers_is_checked(log):
    """The check of a store that answers returns."""
    await log.check()


async def test_a_log_outlives_its_process(opener, tmp_path, conv):
    """Entries, heads and marks are there after the log was closed and opened again."""
    async with opener(tmp_path) as log:
        entries = await say(log, conv, 3)
    async with opener(tmp_path) as log:
        assert await log.read_after(conv, 0, 10) == entries
        assert await log.newest([conv]) == {conv: entries[-1]}
        assert await log.marks_of("ann", [conv]) == {conv: 3}


async def test_two_processes_share_a_log(opener, tmp_path, conv):
    """Two open logs on one store keep one dense order between them."""
    async with opener(tmp_path) as one, opener(tmp_path) as other:
        await asyncio.gather(*(say(log, conv, 30, name) for log, name in ((one, "ann"), (other, "bob"))))
        assert [entry.seq for entry in await one.read_after(conv, 0, 100)] == list(range(1, 61))
