"""Listing and making conversations, and finding people, over REST. Titles: test_titles.py; members: test_members.py."""

import pytest
from support.messaging import assert_problem, messaging
from support.people import disable

from parley.conversations.model import LOBBY, MAX_MEMBERS
from parley.identity.model import new_id


async def pages(member, path, **query):
    """Every page of a list, by following its `next` links."""
    found, target = [], path
    while target:
        answer = await member.http.get(target, params=query or None)
        assert answer.status_code == 200, answer.text
        found.append(answer.json())
        target, _, relation = answer.headers.get("link", "").partition(";")
        assert relation.strip() in ("", 'rel="next"')
        target, query = target.strip("<>"), {}
    return found


async def test_the_lobby_is_there_at_once(ann):
    """A fresh account has one conversation, the lobby, which is empty, lists no members and stays in no cache."""
    answer = await ann.http.get("/api/conversations")
    lobby = {"conv": LOBBY, "kind": "lobby", "title": "Lobby", "members": []}
    assert answer.json() == [lobby | {"epoch": 1, "head": 0, "read": 0, "last": None}]
    assert "link" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"


async def test_without_a_lobby_there_is_none(tmp_path):
    """With PARLEY_LOBBY off nobody has the lobby, finds it, or knows strangers."""
    async with messaging(tmp_path, parley_lobby="off") as world:
        ann, bob = await world.member("ann"), await world.member("bob")
        assert (await ann.http.get("/api/conversations")).json() == []
        assert (await ann.http.get("/api/people")).json() == []
        assert_problem(await ann.http.get(f"/api/conversations/{LOBBY}"), "not-found")
        await bob.meets(ann)
        assert [it["id"] for it in (await ann.http.get("/api/people")).json()] == [bob.id]


@pytest.mark.parametrize(("limit", "sizes"), [(1, [1] * 6), (2, [2, 2, 2]), (5, [5, 1]), (6, [6]), (100, [6])])
async def test_conversations_come_in_pages(ann, bob, limit, sizes):
    """Following `next` lists each conversation once, the lobby first and the others by id, without an empty page."""
    made = [await ann.founds(bob) for _ in range(5)]
    found = await pages(ann, "/api/conversations", limit=limit)
    assert [len(page) for page in found] == sizes
    assert [it["conv"] for page in found for it in page] == [LOBBY, *sorted(made)]


async def test_a_list_shows_where_each_conversation_stands(ann, bob):
    """Each conversation in the list comes as it does alone: head, newest entry, and how far the caller has read."""
    quiet, busy = await ann.founds(bob), await ann.founds(bob, title="Quartet")
    await ann.says(busy, 0)
    sent = (await ann.says(busy, 1, "are you there?")).json()
    listed = {it["conv"]: it for it in (await bob.http.get("/api/conversations")).json()}
    assert listed[busy] == await bob.sees(busy)
    assert listed[busy] == {
        "conv": busy,
        "kind": "group",
        "title": "Quartet",
        "members": [ann.id, bob.id],
        "epoch": 1,
        "head": 2,
        "read": 0,
        "last": sent,
    }
    assert (listed[quiet]["head"], listed[quiet]["last"]) == (0, None)
    assert (await ann.sees(busy))["read"] == 2


@pytest.mark.parametrize(
    ("path", "query", "pointer"),
    [
        ("conversations", {"limit": 0}, "/query/limit"),
        ("conversations", {"limit": 101}, "/query/limit"),
        ("conversations", {"limit": "x"}, "/query/limit"),
        ("conversations", {"page": "x" * 65}, "/query/page"),
        ("people", {"limit": 201}, "/query/limit"),
        ("people", {"q": "x" * 121}, "/query/q"),
    ],
)
async def test_pages_have_bounds(ann, path, query, pointer):
    """A page that is too large, empty or no number is refused with its place."""
    assert_problem(await ann.http.get(f"/api/{path}", params=query), "invalid", pointer)


async def test_people_are_found_page_by_page(world, ann, bob, eve, kim):
    """People come by name, and a search goes on into its next page with the same words."""
    eva = await world.member("eva")
    assert [[it["id"] for it in page] for page in await pages(ann, "/api/people", limit=2)] == [
        [bob.id, eva.id],
        [eve.id, kim.id],
    ]
    found = await pages(ann, "/api/people", q="EV", limit=1)
    assert found == [[{"id": it.id, "email": it.account.email, "name": it.account.name}] for it in (eva, eve)]
    assert await pages(ann, "/api/people", q="%&=") == [[]]


async def test_a_pair_has_one_conversation(world, ann, bob):
    """The first call makes it and says where it is, every later one by either side answers 200 with the same."""
    await world.listening.follow(f"u:{ann.id}", f"u:{bob.id}")
    body = {"kind": "direct", "members": [bob.id], "title": "ignored"}
    made = await ann.http.post("/api/conversations", json=body)
    conv = made.json()["conv"]
    assert (made.status_code, made.headers["location"]) == (201, f"/api/conversations/{conv}")
    assert (made.headers["etag"], made.headers["cache-control"]) == ('"1"', "no-store")
    expected = {"kind": "direct", "title": None, "members": [ann.id, bob.id], "head": 0, "read": 0, "last": None}
    assert made.json() == expected | {"conv": conv, "epoch": 1}
    notice = {"t": "conv", "d": {"conv": conv, "change": "added"}}
    assert await world.listening.frames() == [(f"u:{ann.id}", notice), (f"u:{bob.id}", notice)]
    again = await bob.http.post("/api/conversations", json={"kind": "direct", "members": [ann.id, bob.id]})
    assert (again.status_code, again.json()) == (200, made.json())
    assert "location" not in again.headers
    assert await world.listening.frames() == []


async def test_a_group_is_made(world, ann, bob, eve):
    """A group has its founder first, everybody named once, the title that was given, and tells each member."""
    everyone = [f"u:{it.id}" for it in (ann, eve, bob)]
    await world.listening.follow(*everyone)
    body = {"kind": "group", "members": [eve.id, bob.id, eve.id, ann.id], "title": "  String quartet "}
    made = await ann.http.post("/api/conversations", json=body)
    assert made.status_code == 201
    document = made.json()
    assert (document["title"], document["members"]) == ("String quartet", [ann.id, eve.id, bob.id])
    assert [channel for channel, _ in await world.listening.frames()] == everyone
    assert (await ann.http.post("/api/conversations", json=body)).json()["conv"] != document["conv"]


async def test_unknown_members_are_pointed_at(world, ann, bob, eve):
    """Every member who does not exist or was disabled is named by place, and nothing is made."""
    await disable(world.database, eve.account)
    for kind in ("group", "direct"):
        body = {"kind": kind, "members": [new_id(), bob.id, ann.id, eve.id]}
        assert_problem(await ann.http.post("/api/conversations", json=body), "invalid", "/members/0", "/members/3")
    assert len((await bob.http.get("/api/conversations")).json()) == 1


@pytest.mark.parametrize("kind", ["direct", "group"])
async def test_nobody_talks_to_themselves(ann, kind):
    """A conversation with only its founder is refused."""
    body = {"kind": kind, "members": [ann.id, ann.id]}
    assert_problem(await ann.http.post("/api/conversations", json=body), "invalid", "/members")


async def test_a_pair_is_two(ann, bob, eve):
    """A direct conversation with two others is refused."""
    body = {"kind": "direct", "members": [bob.id, eve.id]}
    assert_problem(await ann.http.post("/api/conversations", json=body), "invalid", "/members")


async def test_a_group_has_at_most_so_many(world, ann):
    """MAX_MEMBERS with the founder make a group; one more is told the limit, a longer list is not read."""
    crowd = await world.crowd(MAX_MEMBERS)
    full = await ann.http.post("/api/conversations", json={"kind": "group", "members": crowd[1:]})
    assert len(full.json()["members"]) == MAX_MEMBERS
    over = await ann.http.post("/api/conversations", json={"kind": "group", "members": crowd})
    assert_problem(over, "forbidden")
    assert over.json()["limit"] == MAX_MEMBERS
    longer = await ann.http.post("/api/conversations", json={"kind": "group", "members": [*crowd, ann.id]})
    assert_problem(longer, "invalid", "/members")
