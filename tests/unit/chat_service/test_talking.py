"""What a window may say, what comes of it, and what it is told when it may not."""

import uuid

import pytest
from support.chatting import LOBBY

from parley.ratelimits.inprocess import InProcessRateLimits

ROLE = "00000000-0000-7000-8000-0000000000ff"


def text(conv=LOBBY, body="good morning", after=(1, 0), **members):
    return {"conv": conv, "after": list(after), "kind": "text", "body": body} | members


async def test_everybody_gets_it_the_sender_too(chat, ann, bob):
    """A text reaches every member with its place, and the sender gets acknowledgement and push."""
    ack = await ann.say(LOBBY, "good morning")
    for window in (ann, bob):
        got = (await window.until(lambda frame: frame.get("t") == "msg"))["d"]
        assert (got["seq"], got["at"], got["from"]) == (ack["seq"], ack["at"], chat.accounts["ann"].id)
    assert ack == {"conv": LOBBY, "epoch": 1, "seq": 1, "at": ack["at"]}


async def test_a_retry_is_the_same_message(ann, bob):
    """The same id with the same cursor is acknowledged with the same place, and nobody gets it twice."""
    message = str(uuid.uuid4())
    first = await ann.say(LOBBY, "once", [1, 0], message)
    again = await ann.request("msg.send", text(body="once"), message)
    await ann.say(LOBBY, "twice")
    await bob.until(lambda frame: frame.get("t") == "msg" and frame["d"]["body"] == "twice")
    assert again["d"] == first
    assert bob.texts(LOBBY) == ["once", "twice"]


async def test_a_wrong_cursor_is_stale(ann):
    """A cursor on an empty slot is refused with `stale-cursor`, and nothing is stored."""
    reply = await ann.request("msg.send", text(after=(1, 5)))
    assert (reply["ok"], reply["err"]["type"]) == (False, "/problems/stale-cursor")
    assert (await ann.say(LOBBY, "first"))["seq"] == 1


async def test_foreign_conversations_do_not_exist(chat, ann):
    """Sending to and reading in a conversation that one is not in is `not-found`, as for one that is not there."""
    foreign = await chat.group("bob", "eve")
    for conv in (foreign, str(uuid.uuid4())):
        assert (await ann.request("msg.send", text(conv)))["err"]["status"] == 404
        assert (await ann.request("msg.read", {"conv": conv, "seq": 1}))["err"]["status"] == 404


@pytest.mark.parametrize("body", ["a\x00b", "\x1b[31m", "a\u2028b\x7f", "\x85"])
async def test_control_characters_are_no_text(ann, body):
    """A body with control characters is refused with a pointer to it."""
    reply = await ann.request("msg.send", text(body=body))
    assert reply["err"]["type"] == "/problems/invalid"
    assert reply["err"]["errors"][0]["pointer"] == "/d/body"


@pytest.mark.parametrize("body", ["x" * 8000, "line\nbreak\tand tab", "שלום", "👩‍👩‍👧‍👦"])
async def test_every_text_is_carried_as_it_is(ann, bob, body):
    """Long texts, line breaks, right-to-left and joined emoji arrive unchanged."""
    await ann.say(LOBBY, body)
    got = await bob.until(lambda frame: frame.get("t") == "msg")
    assert got["d"]["body"] == body


async def test_a_reply_names_an_entry(ann):
    """`reply_to` travels with the entry, and must name one that is there."""
    await ann.say(LOBBY, "question")
    assert (await ann.request("msg.send", text(body="answer", after=(1, 1), reply_to=1)))["ok"]
    got = await ann.until(lambda frame: frame.get("t") == "msg" and frame["d"]["seq"] == 2)
    assert got["d"]["reply_to"] == 1
    refused = await ann.request("msg.send", text(after=(1, 2), reply_to=9))
    assert refused["err"]["errors"][0]["pointer"] == "/reply_to"


@pytest.fixture
async def hasty(chat):
    """A window of ann at a replica whose budgets see no time pass, however slow the machine is."""
    return await chat.window(chat.replica(limits=InProcessRateLimits(lambda: 0.0)), "ann").greet()


async def test_twenty_at_once_and_no_more(hasty):
    """The twenty-first text at once is refused with 429 and a time, whichever window of the person it comes from."""
    for number in range(20):
        await hasty.say(LOBBY, f"line {number}")
    reply = await hasty.request("msg.send", text(after=(1, 20)))
    assert reply["err"]["status"] == 429
    assert 0 < reply["err"]["retry_after_ms"] <= 200


async def test_stubborn_senders_are_closed(hasty):
    """Who goes on sending over the budget is closed with 4429."""
    for number in range(20):
        await hasty.say(LOBBY, f"line {number}")
    for _ in range(5):
        hasty.send(
            f'{{"t":"msg.send","id":"{uuid.uuid4()}","d":{{"conv":"{LOBBY}","after":[1,20],"kind":"text","body":"x"}}}}'
        )
    assert (await hasty.ended())[0] == 4429


async def test_read_marks_are_told_to_own_windows_and_small_groups(chat, here, ann, bob):
    """`read` goes to the person's own windows always, to other members in groups; it never goes back."""
    group = await chat.group("ann", "bob")
    ann2, bob2 = [await chat.window(here, name).greet() for name in ("ann", "bob")]
    await ann2.say(group, "one")
    await ann2.say(group, "two")
    assert (await bob2.request("msg.read", {"conv": group, "seq": 2}))["ok"]
    assert (await bob2.request("msg.read", {"conv": group, "seq": 1}))["ok"]
    expected = {"conv": group, "user": chat.accounts["bob"].id, "seq": 2}
    for window in (bob, bob2, ann2):
        await window.until(lambda frame: frame.get("t") == "read")
        assert all(d == expected for d in window.pushes("read"))


async def test_the_lobby_has_no_receipts(chat, ann, bob):
    """How far somebody has read in the lobby is told to nobody else."""
    await ann.say(LOBBY, "one")
    assert (await bob.request("msg.read", {"conv": LOBBY, "seq": 1}))["ok"]
    await bob.until(lambda frame: frame.get("t") == "read")
    await bob.say(LOBBY, "two")
    await ann.until(lambda frame: frame.get("t") == "msg" and frame["d"]["seq"] == 2)
    assert ann.pushes("read") == []


async def test_typing_is_told_to_members(chat, here, ann):
    """Typing reaches the members of that conversation, and nobody from outside can pretend."""
    group = await chat.group("ann", "bob")
    eve = await chat.window(here, "eve").greet()
    ann2, bob2 = [await chat.window(here, name).greet() for name in ("ann", "bob")]
    eve.notice("typing", {"conv": group})
    await eve.request("sync", {"cursors": {}})
    ann2.notice("typing", {"conv": group})
    await bob2.until(lambda frame: frame.get("t") == "typing")
    assert bob2.pushes("typing") == [{"conv": group, "user": chat.accounts["ann"].id}]
