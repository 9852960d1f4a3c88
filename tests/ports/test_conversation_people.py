"""The port Conversations: lists of people, by page and by the beginning of their names."""

import pytest
from sqlalchemy import insert
from support.people import disable, sign_up

from parley.conversations.model import LOBBY
from parley.conversations.sql import SqlConversations
from parley.identity.model import new_id
from parley.identity.sql import SqlAccounts
from parley.sql.tables import accounts

ADAPTERS = {"sql": SqlConversations}


@pytest.fixture(params=ADAPTERS.values(), ids=ADAPTERS)
def adapter(request):
    return request.param


@pytest.fixture
def conversations(adapter, database):
    return adapter(database, lobby=True)


@pytest.fixture
async def people(database):
    names = {"ann": "Ann Archer", "bob": "Bob", "eve": "Éva Ångström", "kim": "100% Kim_", "zoe": "bob"}
    accounts = await sign_up(database, *names)
    return {key: await SqlAccounts(database).rename(accounts[key].id, name) for key, name in names.items()}


async def pages(fetch, size):
    """Everything, page by page, each from behind the last of the page before."""
    found, after = [], None
    while page := await fetch(size, after):
        assert len(page) <= size
        found += page
        after = getattr(page[-1], "account", None) or page[-1].id
    return found


async def test_people_are_sorted_by_name(conversations, people):
    """Everybody else comes by name without regard to case, equal names by id, in pages of any size."""
    expected = sorted(
        (it for key, it in people.items() if key != "ann"), key=lambda account: (account.name.lower(), account.id)
    )
    for size in (1, 2, 3, 10):

        async def fetch(limit, after):
            return await conversations.people(people["ann"].id, "", limit, after)

        assert await pages(fetch, size) == expected


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        ("bo", {"bob", "zoe"}),
        ("BOB@EX", {"bob"}),
        ("éVA å", {"eve"}),
        ("100%", {"kim"}),
        ("%", set()),
        ("100_", set()),
        ("ngström", set()),
        ("\\", set()),
        ("ann", set()),
    ],
)
async def test_people_are_found_by_a_beginning(conversations, people, prefix, found):
    """A beginning of the name or the address finds without case, in any script; nothing in it is a pattern."""
    listed = await conversations.people(people["ann"].id, prefix, 10, None)
    assert {it.id for it in listed} == {people[key].id for key in found}


async def test_without_a_lobby_people_are_acquaintances(adapter, database, people):
    """Without a lobby only those are listed who share a conversation, each once, and no disabled account."""
    conversations = adapter(database, lobby=False)
    ids = {key: it.id for key, it in people.items()}
    await conversations.create_group(new_id(), ids["ann"], [ids["bob"], ids["kim"]], None)
    await conversations.create_direct(ids["ann"], ids["bob"])
    assert [it.id for it in await conversations.people(ids["ann"], "", 10, None)] == [ids["kim"], ids["bob"]]
    assert await conversations.people(ids["eve"], "", 10, None) == []
    await disable(database, people["bob"])
    assert [it.id for it in await conversations.people(ids["ann"], "", 10, None)] == [ids["kim"]]


async def test_members_come_in_pages(conversations, people):
    """Members come by id with their names and roles, in pages of any size."""
    ids = sorted(it.id for it in people.values())
    group = await conversations.create_group(new_id(), ids[2], ids, None)
    for size in (1, 2, 10):

        async def fetch(limit, after):
            return await conversations.members(group.id, limit, after)

        listed = await pages(fetch, size)
        assert [it.account for it in listed] == ids
        assert [it.role for it in listed] == ["member", "member", "owner", "member", "member"]
        assert {(it.account, it.name, it.email) for it in listed} == {
            (it.id, it.name, it.email) for it in people.values()
        }
        assert {(it.joined_seq, it.left) for it in listed} == {(0, False)}


async def test_a_lobby_of_ten_thousand_comes_in_pages(conversations, database):
    """Everybody in a large lobby is listed exactly once, as members and as people, 200 at a time."""
    async with database.write() as connection:
        ids = [f"id{n:05}" for n in range(10_000)]
        rows = [{"id": it, "email": f"{it}@example.org", "name": f"Person {it[-2:]}", "created_at": 0} for it in ids]
        await connection.execute(insert(accounts), rows)

    async def members(limit, after):
        return await conversations.members(LOBBY, limit, after)

    async def others(limit, after):
        return await conversations.people(ids[0], "", limit, after)

    assert [it.account for it in await pages(members, 200)] == ids
    assert sorted(it.id for it in await pages(others, 200)) == ids[1:]
