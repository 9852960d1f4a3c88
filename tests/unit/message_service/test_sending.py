"""Posting a message over REST: the same rules as on the socket, and the same budget."""

import asyncio

import pytest
from support.messaging import assert_problem

from parley.conversations.model import LOBBY
from parley.identity.model import new_id
from parley.messages.model import MAX_BODY
from parley.ratelimits.sending import SENDING, admit_sending


@pytest.fixture
async def group(ann, bob):
    return await ann.founds(bob)


async def test_a_message_is_an_entry(world, ann, bob, group):
    """The answer is the entry as everybody reads it and as it is published, and its sender has read it."""
    await world.listening.follow(f"c:{group}", f"u:{ann.id}", f"u:{bob.id}")
    given = {"id": new_id(), "after": [1, 0], "kind": "text", "body": "Grüße 👋\n\tfrom Ann"}
    sent = await ann.http.post(f"/api/conversations/{group}/messages", json=given)
    expected = {"conv": group, "epoch": 1, "seq": 1, "from": ann.id, "kind": "text", "at": "2025-11-24T16:00:00.000Z"}
    assert (sent.status_code, sent.json()) == (201, expected | {"id": given["id"], "body": given["body"]})
    assert await bob.reads(group) == [sent.json()]
    assert await world.listening.frames() == [(f"c:{group}", {"t": "msg", "d": sent.json()})]
    assert [(await it.sees(group))["read"] for it in (ann, bob)] == [1, 0]


async def test_a_retry_is_the_same_entry(world, ann, bob, group):
    """The same id after the same cursor gives the same entry, whatever has been said since, and tells it again."""
    await world.listening.follow(f"c:{group}")
    once = new_id()
    first = (await ann.says(group, 0, id=once)).json()
    await bob.says(group, 1)
    assert (await ann.says(group, 0, id=once)).json() == first
    assert [frame["d"]["seq"] for _, frame in await world.listening.frames()] == [1, 2, 1]
    assert len(await bob.reads(group)) == 2


async def test_parallel_messages_leave_no_hole(ann, bob, group):
    """Messages that were written at the same time all get a place of their own, 1 to n."""
    answers = await asyncio.gather(*(it.says(group, 0) for it in (ann, bob) * 10))
    assert sorted(answer.json()["seq"] for answer in answers) == list(range(1, 21))


@pytest.mark.parametrize("after", [[1, 2], [2, 1], [0, 0], [1, 2**53 - 1]])
async def test_a_stale_cursor_is_refused(world, ann, bob, group, after):
    """A position that is not filled, or of another epoch, is told as such; nothing is stored or published."""
    await ann.says(group, 0)
    await world.listening.follow(f"c:{group}")
    assert_problem(await ann.says(group, 0, after=after), "stale-cursor")
    assert len(await bob.reads(group)) == 1
    assert await world.listening.frames() == []


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"body": ""}, "/body"),
        ({"body": "x" * (MAX_BODY + 1)}, "/body"),
        ({"body": "a\x00b"}, "/body"),
        ({"body": "a\rb"}, "/body"),
        ({"kind": "member"}, "/kind"),
        ({"kind": "call"}, "/kind"),
        ({"id": "1"}, "/id"),
        ({"id": new_id().upper()}, "/id"),
        ({"after": [1]}, "/after/1"),
        ({"after": [1, -1]}, "/after/1"),
        ({"after": [1, "0"]}, "/after/1"),
        ({"after": [1, 0, 0]}, "/after"),
        ({"after": None}, "/after"),
        ({"reply_to": 0}, "/reply_to"),
        ({"reply_to": "1"}, "/reply_to"),
        ({"reply_to": 2}, "/reply_to"),
    ],
)
async def test_a_wrong_message_is_pointed_at(ann, group, members, pointer):
    """Whatever is wrong in a message is refused with its place, and nothing is stored."""
    await ann.says(group, 0)
    assert_problem(await ann.says(group, 1, **members), "invalid", pointer)
    assert len(await ann.reads(group)) == 1


async def test_half_a_character_is_no_text(ann, group):
    """A body that could not be stored as UTF-8 is refused with its place."""
    text = f'{{"id":"{new_id()}","after":[1,0],"kind":"text","body":"\\ud83d"}}'
    headers = {"content-type": "application/json"}
    answer = await ann.http.post(f"/api/conversations/{group}/messages", content=text, headers=headers)
    assert_problem(answer, "invalid", "/body")


async def test_the_longest_message_fits(ann, group):
    """MAX_BODY characters of four bytes each are one message."""
    assert (await ann.says(group, 0, "👋" * MAX_BODY)).json()["body"] == "👋" * MAX_BODY


async def test_a_reply_names_what_it_answers(ann, bob, group):
    """A reply carries the number of an entry of the same conversation."""
    await ann.says(group, 0)
    assert (await bob.says(group, 1, reply_to=1)).json()["reply_to"] == 1


async def test_too_many_messages_have_to_wait(world, ann, bob, group):
    """After the burst one is told how long to wait, others are not held up, and after that wait it goes on."""
    for after in range(SENDING.burst):
        assert (await ann.says(group, after)).status_code == 201
    refused = await ann.says(LOBBY, 0)
    assert_problem(refused, "rate-limited")
    assert (refused.headers["retry-after"], refused.json()["retry_after_ms"]) == ("1", 1000 / SENDING.per_second)
    assert (await bob.says(group, SENDING.burst)).status_code == 201
    world.clock.advance(ms=refused.json()["retry_after_ms"])
    assert (await ann.says(LOBBY, 0)).status_code == 201
    assert_problem(await ann.says(LOBBY, 1), "rate-limited")


async def test_the_budget_is_one_with_the_socket(world, ann, group):
    """What was sent by socket counts for what is posted."""
    for _ in range(SENDING.burst):
        await admit_sending(world.parts.limits, ann.id)
    assert_problem(await ann.says(group, 0), "rate-limited")
    assert await ann.reads(group) == []
