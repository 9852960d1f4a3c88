"""Reading entries, and how far somebody has read."""

import pytest
from support.messaging import assert_problem

from parley.conversations.model import LOBBY, RECEIPTS_UP_TO

TOP = 2**53 - 1


@pytest.fixture
async def group(ann, bob):
    """Ten entries by Ann."""
    conv = await ann.founds(bob)
    for after in range(10):
        await ann.says(conv, after)
    return conv


async def mark(member, conv, seq):
    answer = await member.http.put(f"/api/conversations/{conv}/read", json={"seq": seq})
    assert answer.status_code == 200, answer.text
    return answer.json()["seq"]


@pytest.mark.parametrize(
    ("query", "seqs"),
    [
        ({}, range(1, 11)),
        ({"limit": 3}, range(8, 11)),
        ({"after": 0}, range(1, 11)),
        ({"after": 0, "limit": 3}, range(1, 4)),
        ({"after": 7}, range(8, 11)),
        ({"after": 10}, range(0)),
        ({"after": TOP}, range(0)),
        ({"before": 4}, range(1, 4)),
        ({"before": 4, "limit": 2}, range(2, 4)),
        ({"before": 11, "limit": 1}, range(10, 11)),
        ({"before": TOP, "limit": 2}, range(9, 11)),
        ({"before": 1}, range(0)),
        ({"before": 0}, range(0)),
        ({"limit": 200}, range(1, 11)),
    ],
)
async def test_a_stretch_of_the_log(bob, group, query, seqs):
    """`after` is what follows, `before` what leads up, neither the newest; always ascending, and with the head."""
    answer = await bob.http.get(f"/api/conversations/{group}/messages", params=query)
    document = answer.json()
    assert [it["seq"] for it in document["items"]] == list(seqs)
    assert (document["epoch"], document["head"]) == (1, 10)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"after": 1, "before": 5}, "/query/before"),
        ({"after": -1}, "/query/after"),
        ({"before": -1}, "/query/before"),
        ({"after": TOP + 1}, "/query/after"),
        ({"after": "x"}, "/query/after"),
        ({"limit": 0}, "/query/limit"),
        ({"limit": 201}, "/query/limit"),
    ],
)
async def test_one_end_and_within_bounds(bob, group, query, pointer):
    """Both ends at once, and numbers out of range, are refused with their place."""
    answer = await bob.http.get(f"/api/conversations/{group}/messages", params=query)
    assert_problem(answer, "invalid", pointer)


async def test_fifty_unless_told_otherwise(world, ann, bob):
    """Without a limit the newest fifty come."""
    conv = await ann.founds(bob)
    for after in range(60):
        await ann.says(conv, after)
        world.clock.advance(s=1)
    assert [it["seq"] for it in await bob.reads(conv)] == list(range(11, 61))


async def test_everybody_reads_the_lobby(ann, eve):
    """What one says in the lobby another reads without having joined anything."""
    sent = (await ann.says(LOBBY, 0)).json()
    assert await eve.reads(LOBBY) == [sent]


async def test_a_read_mark_only_moves_forward(bob, group):
    """A mark moves to what was read, never back, never past the newest entry, and the answer says where it stands."""
    assert (await bob.sees(group))["read"] == 0
    assert [await mark(bob, group, seq) for seq in (4, 2, 0, 4, 99, TOP, 5)] == [4, 4, 4, 4, 10, 10, 10]
    assert (await bob.sees(group))["read"] == 10


@pytest.mark.parametrize("seq", [-1, TOP + 1, 1.5, "1", None, True])
async def test_a_mark_is_a_number(bob, group, seq):
    """What is no sequence number is refused with its place, and the mark stays."""
    answer = await bob.http.put(f"/api/conversations/{group}/read", json={"seq": seq})
    assert_problem(answer, "invalid", "/seq")
    assert (await bob.sees(group))["read"] == 0


async def test_marks_are_told_to_the_group(world, bob, group):
    """Moving a mark is told to one's own windows and to the group."""
    await world.listening.follow(f"c:{group}", f"u:{bob.id}")
    await mark(bob, group, 3)
    notice = {"t": "read", "d": {"conv": group, "user": bob.id, "seq": 3}}
    assert await world.listening.frames() == [(f"u:{bob.id}", notice), (f"c:{group}", notice)]


@pytest.mark.parametrize("size", [RECEIPTS_UP_TO, RECEIPTS_UP_TO + 1])
async def test_receipts_are_for_small_groups(world, ann, size):
    """With more than RECEIPTS_UP_TO members a mark is one's own business; the lobby never has receipts."""
    crowd = await world.crowd(size - 1)
    made = await ann.http.post("/api/conversations", json={"kind": "group", "members": crowd})
    group = made.json()["conv"]
    await world.listening.follow(f"u:{ann.id}", f"c:{group}", f"c:{LOBBY}")
    await mark(ann, group, 0)
    told = [channel for channel, _ in await world.listening.frames()]
    assert told == [f"u:{ann.id}"] + [f"c:{group}"] * (size <= RECEIPTS_UP_TO)
    await mark(ann, LOBBY, 0)
    assert [channel for channel, _ in await world.listening.frames()] == [f"u:{ann.id}"]


async def test_the_lobby_counts_from_the_first_look(ann, eve):
    """What was said in the lobby before somebody first listed it is not unread, what follows is."""
    await ann.says(LOBBY, 0)
    assert ((await eve.sees(LOBBY))["head"], (await eve.sees(LOBBY))["read"]) == (1, 1)
    await ann.says(LOBBY, 1)
    assert ((await eve.sees(LOBBY))["head"], (await eve.sees(LOBBY))["read"]) == (2, 1)
