"""Joining, leaving and removing over REST. Changes that were cut off in the middle: test_sweeper.py."""

import asyncio

import pytest
from support.messaging import assert_problem
from support.people import disable

from parley.conversations.model import LOBBY, MAX_MEMBERS, RECEIPTS_UP_TO
from parley.identity.model import new_id


async def add(member, conv, user):
    return await member.http.put(f"/api/conversations/{conv}/members/{user}")


async def remove(member, conv, user):
    return await member.http.delete(f"/api/conversations/{conv}/members/{user}")


async def seats(member, conv, **query):
    answer = await member.http.get(f"/api/conversations/{conv}/members", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
async def group(ann, bob):
    return await ann.founds(bob)


@pytest.fixture
async def listening(world, bob, eve, group):
    return await world.listening.follow(f"c:{group}", f"u:{bob.id}", f"u:{eve.id}")


async def test_a_member_adds_somebody(ann, bob, eve, group, listening):
    """Any member adds others: it becomes an entry, the group is told, and the one who was added is told."""
    await ann.says(group, 0)
    await listening.frames()
    answer = await add(bob, group, eve.id)
    assert (answer.status_code, answer.headers["etag"]) == (200, '"1"')
    assert answer.json()["members"] == [ann.id, bob.id, eve.id]
    (said, entry) = await eve.reads(group)
    assert (said["kind"], entry["kind"], entry["from"]) == ("text", "member", bob.id)
    assert entry["meta"] == {"change": "joined", "user": eve.id}
    assert await listening.frames() == [
        (f"c:{group}", {"t": "msg", "d": entry}),
        (f"u:{eve.id}", {"t": "conv", "d": {"conv": group, "change": "added"}}),
    ]


async def test_the_past_is_not_unread(ann, eve, group):
    """Who joins has read everything up to their own joining, and nothing of what follows."""
    await ann.says(group, 0)
    await add(ann, group, eve.id)
    assert (await eve.sees(group))["read"] == 2
    await ann.says(group, 2)
    seen = await eve.sees(group)
    assert (seen["head"], seen["read"]) == (3, 2)


async def test_adding_twice_is_adding_once(ann, bob, eve, group, listening):
    """Who is a member already stays one, without another entry or notice."""
    await add(ann, group, eve.id)
    await listening.frames()
    again = await asyncio.gather(add(bob, group, eve.id), add(ann, group, bob.id))
    assert [answer.status_code for answer in again] == [200, 200]
    assert await listening.frames() == []
    assert len(await ann.reads(group)) == 1


async def test_many_add_the_same_person(ann, bob, eve, group):
    """Of many members who add the same person at once, all succeed with one entry."""
    answers = await asyncio.gather(*(add(it, group, eve.id) for it in (ann, bob) * 8))
    assert {answer.status_code for answer in answers} == {200}
    assert len(await eve.reads(group)) == 1


async def test_a_member_leaves(ann, bob, group, listening):
    """Leaving becomes an entry, the group and the leaver are told, and the group is gone for them."""
    assert (await remove(bob, group, bob.id)).status_code == 204
    (entry,) = await ann.reads(group)
    assert (entry["from"], entry["meta"]) == (bob.id, {"change": "left", "user": bob.id})
    assert await listening.frames() == [
        (f"c:{group}", {"t": "msg", "d": entry}),
        (f"u:{bob.id}", {"t": "conv", "d": {"conv": group, "change": "removed"}}),
    ]
    assert (await ann.sees(group))["members"] == [ann.id]
    assert_problem(await bob.http.get(f"/api/conversations/{group}"), "not-found")
    assert group not in [it["conv"] for it in (await bob.http.get("/api/conversations")).json()]


async def test_the_owner_removes_a_member(ann, bob, group, listening):
    """A removal says that it is one, and by whom."""
    assert (await remove(ann, group, bob.id)).status_code == 204
    (entry,) = await ann.reads(group)
    assert (entry["from"], entry["meta"]) == (ann.id, {"change": "removed", "user": bob.id})
    assert [channel for channel, _ in await listening.frames()] == [f"c:{group}", f"u:{bob.id}"]


async def test_nobody_else_removes(ann, bob, eve, group, listening):
    """Members remove neither each other nor the owner, nor does an owner who has left."""
    await add(ann, group, eve.id)
    await listening.frames()
    for user in (ann.id, eve.id, new_id()):
        assert_problem(await remove(bob, group, user), "forbidden")
    assert await listening.frames() == []
    await remove(ann, group, ann.id)
    assert_problem(await remove(ann, group, bob.id), "not-found")
    assert (await bob.sees(group))["members"] == [bob.id, eve.id]


async def test_removing_a_stranger_changes_nothing(ann, eve, group, listening):
    """Who is no member is removed without an entry, and so is one who was removed already."""
    for user in (eve.id, new_id(), "nobody"):
        assert (await remove(ann, group, user)).status_code == 204
    assert await listening.frames() == []
    assert await ann.reads(group) == []


async def test_one_may_come_back(ann, bob, group):
    """Who was removed can be added again, sees the group again and comes last."""
    await remove(ann, group, bob.id)
    assert (await add(ann, group, bob.id)).json()["members"] == [ann.id, bob.id]
    assert [it["meta"]["change"] for it in await bob.reads(group)] == ["removed", "joined"]


async def test_members_are_fixed_elsewhere(ann, bob, eve):
    """Nobody is added to or removed from a direct conversation or the lobby, oneself included."""
    for conv in (await ann.meets(bob), LOBBY):
        for answer in (await add(ann, conv, eve.id), await remove(ann, conv, bob.id), await remove(ann, conv, ann.id)):
            assert_problem(answer, "forbidden")
        assert await ann.reads(conv) == []


async def test_only_people_are_added(world, ann, eve, group):
    """An account that does not exist or was disabled cannot be added."""
    await disable(world.database, eve.account)
    for user in (eve.id, new_id(), "nobody"):
        assert_problem(await add(ann, group, user), "not-found")
    assert await ann.reads(group) == []


async def test_a_full_group_takes_nobody(world, ann, eve):
    """In a group of MAX_MEMBERS adding is refused with the limit, without an entry, until somebody leaves."""
    crowd = await world.crowd(MAX_MEMBERS - 1)
    made = await ann.http.post("/api/conversations", json={"kind": "group", "members": crowd})
    group = made.json()["conv"]
    refused = await add(ann, group, eve.id)
    assert_problem(refused, "forbidden")
    assert refused.json()["limit"] == MAX_MEMBERS
    assert await ann.reads(group) == []
    await remove(ann, group, crowd[0])
    assert (await add(ann, group, eve.id)).status_code == 200


async def test_members_are_listed_with_their_past(ann, bob, eve, group):
    """Current and former members come by id, with their names and roles and how far each has read."""
    await add(ann, group, eve.id)
    await remove(ann, group, bob.id)
    listed = await seats(ann, group)
    assert [it["id"] for it in listed] == sorted([ann.id, bob.id, eve.id])
    assert {it["name"]: (it["role"], it["left"], it["read"]) for it in listed} == {
        "ann": ("owner", False, 2),
        "bob": ("member", True, 0),
        "eve": ("member", False, 1),
    }


async def test_members_come_in_pages(ann, bob, eve, group):
    """Each page links to the next with its own size, and together they list everybody once."""
    await add(ann, group, eve.id)
    found, target = [], f"/api/conversations/{group}/members?limit=2"
    while target:
        answer = await ann.http.get(target)
        found.append([it["id"] for it in answer.json()])
        target = answer.headers.get("link", "").partition(";")[0].strip("<>")
    first, second, third = sorted([ann.id, bob.id, eve.id])
    assert found == [[first, second], [third]]


@pytest.mark.parametrize("count", [RECEIPTS_UP_TO, RECEIPTS_UP_TO + 1])
async def test_read_marks_are_told_in_small_groups(world, ann, count):
    """The list tells how far others have read up to RECEIPTS_UP_TO members, and in the lobby never."""
    crowd = await world.crowd(count - 1)
    made = await ann.http.post("/api/conversations", json={"kind": "group", "members": crowd})
    are_told = ["read" in it for it in await seats(ann, made.json()["conv"])]
    assert are_told == [count <= RECEIPTS_UP_TO] * count
    assert not any("read" in it for it in await seats(ann, LOBBY))
