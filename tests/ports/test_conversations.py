"""The port Conversations: who is in which conversation, and how that changes."""

import asyncio
import dataclasses

import pytest
from support.people import disable, sign_up

from parley.conversations.model import LOBBY, MAX_MEMBERS, Conversation, MembershipChange
from parley.conversations.port import GroupFull, VersionMismatch
from parley.conversations.sql import SqlConversations
from parley.identity.model import new_id

ADAPTERS = {"sql": SqlConversations}
NAMES = ("ann", "bob", "eve", "kim")


@pytest.fixture(params=ADAPTERS.values(), ids=ADAPTERS)
def adapter(request):
    return request.param


@pytest.fixture
def conversations(adapter, database):
    return adapter(database, lobby=False)


@pytest.fixture
def with_lobby(adapter, database):
    return adapter(database, lobby=True)


@pytest.fixture
async def people(database):
    return {name: account.id for name, account in (await sign_up(database, *NAMES)).items()}


@pytest.fixture
async def group(conversations, people):
    return await conversations.create_group(new_id(), people["ann"], [people["bob"]], "String quartet")


def change(group, account, by, what="joined", after=0):
    return MembershipChange(
        id=new_id(), conv=group.id, account=account, by=by, change=what, after_epoch=1, after_seq=after
    )


async def carry_out(conversations, wanted, seq):
    claimed = await conversations.claim(wanted)
    assert claimed == wanted
    await conversations.settle(claimed, seq)


async def test_a_direct_pair_has_one_conversation(conversations, people):
    """Whoever of the two asks, and however often, it is the same conversation, and new only once."""
    first, is_new = await conversations.create_direct(people["ann"], people["bob"])
    again, is_new_again = await conversations.create_direct(people["bob"], people["ann"])
    assert (is_new, is_new_again) == (True, False)
    assert first == again
    assert first == Conversation(
        id=first.id, kind="direct", title=None, members=(people["ann"], people["bob"]), version=1
    )


async def test_parallel_creations_of_a_pair_are_one(conversations, people):
    """Of 64 calls at once from both sides exactly one makes the conversation, and all get it."""
    pairs = [("ann", "bob"), ("bob", "ann")] * 32
    made = await asyncio.gather(*(conversations.create_direct(people[one], people[other]) for one, other in pairs))
    assert len({conversation.id for conversation, _ in made}) == 1
    assert sum(is_new for _, is_new in made) == 1
    assert len(await conversations.ids_of(people["ann"])) == 1


async def test_a_group_has_its_founders_in_order(conversations, people):
    """The owner comes first, the others as they were named, each once."""
    named = [people["eve"], people["bob"], people["eve"], people["ann"]]
    made = await conversations.create_group(new_id(), people["ann"], named, None)
    assert (made.kind, made.title, made.owner) == ("group", None, people["ann"])
    assert made.members == (people["ann"], people["eve"], people["bob"])


async def test_a_group_is_made_once(conversations, people, group):
    """The same id again changes nothing, whatever else is said."""
    assert await conversations.create_group(group.id, people["eve"], [people["kim"]], "Other") == group


async def test_a_group_has_at_most_so_many_founders(database, conversations):
    """MAX_MEMBERS with the owner can found a group, one more cannot."""
    crowd = [it.id for it in (await sign_up(database, *(f"p{n}" for n in range(MAX_MEMBERS + 1)))).values()]
    with pytest.raises(GroupFull):
        await conversations.create_group(new_id(), crowd[0], crowd[1:], None)
    assert len((await conversations.create_group(new_id(), crowd[0], crowd[1:-1], None)).members) == MAX_MEMBERS


async def test_only_members_find_a_conversation(conversations, people, group):
    """To everybody else it does not exist, no more than one that was never made."""
    assert await conversations.find(group.id, people["bob"]) == group
    assert await conversations.find(group.id, people["eve"]) is None
    assert await conversations.find(new_id(), people["ann"]) is None
    assert await conversations.find("", people["ann"]) is None


async def test_the_lobby_is_everybodys(conversations, with_lobby, people):
    """Where there is a lobby everybody finds it and has it first in the list; where there is none, nobody."""
    lobby = await with_lobby.find(LOBBY, people["eve"])
    assert (lobby.kind, lobby.title, lobby.members, lobby.has(people["eve"])) == ("lobby", "Lobby", (), True)
    pair, _ = await with_lobby.create_direct(people["ann"], people["eve"])
    assert await with_lobby.ids_of(people["eve"]) == [LOBBY, pair.id]
    assert await with_lobby.list_of(people["eve"], 10, None) == [lobby, pair]
    assert await with_lobby.list_of(people["eve"], 10, LOBBY) == [pair]
    assert await with_lobby.list_of(people["eve"], 1, None) == [lobby]
    assert await conversations.find(LOBBY, people["eve"]) is None
    assert await conversations.ids_of(people["eve"]) == [pair.id]
    assert await conversations.list_of(people["eve"], 10, None) == [pair]


async def test_the_list_comes_in_pages(conversations, people):
    """Conversations come in the order of their ids, each once, from behind the one that was named."""
    others = [people[name] for name in ("bob", "eve", "kim")]
    made = [await conversations.create_group(new_id(), people["ann"], others[:n], None) for n in (1, 2, 3, 1)]
    made.sort(key=lambda it: it.id)
    await conversations.create_group(new_id(), people["bob"], [], None)
    assert await conversations.list_of(people["ann"], 3, None) == made[:3]
    assert await conversations.list_of(people["ann"], 3, made[2].id) == made[3:]
    assert await conversations.list_of(people["ann"], 3, made[3].id) == []


async def test_a_title_changes_by_version(conversations, people, group):
    """A title is set on the version it was made for, which it raises by one; an older version is refused."""
    renamed = await conversations.retitle(group.id, "Quintet", 1)
    assert renamed == dataclasses.replace(group, title="Quintet", version=2)
    with pytest.raises(VersionMismatch):
        await conversations.retitle(group.id, "Trio", 1)
    assert await conversations.find(group.id, people["ann"]) == renamed
    assert (await conversations.retitle(group.id, None, 2)).title is None


async def test_parallel_edits_have_one_winner(conversations, group):
    """Of 16 edits of one version one is made."""
    edits = [conversations.retitle(group.id, f"title {number}", 1) for number in range(16)]
    results = await asyncio.gather(*edits, return_exceptions=True)
    assert sum(isinstance(result, Conversation) for result in results) == 1
    assert sum(isinstance(result, VersionMismatch) for result in results) == 15


async def test_only_groups_have_a_title(conversations, people):
    """A direct conversation's title cannot be set."""
    pair, _ = await conversations.create_direct(people["ann"], people["bob"])
    with pytest.raises(VersionMismatch):
        await conversations.retitle(pair.id, "Us", 1)


async def test_acquaintances_share_a_conversation(conversations, with_lobby, people, group, database):
    """Whom one shares a conversation with, oneself included; with a lobby, everybody who exists."""
    everyone = set(people.values())
    wanted = [*everyone, "nobody"]
    assert await conversations.acquainted(people["ann"], wanted) == {people["ann"], people["bob"]}
    assert await conversations.acquainted(people["kim"], wanted) == {people["kim"]}
    assert await conversations.acquainted(people["ann"], []) == set()
    assert await with_lobby.acquainted(people["ann"], wanted) == everyone
    await disable(database, (await sign_up(database, "gus"))["gus"])
    assert await with_lobby.acquainted(people["ann"], wanted) == everyone


async def test_former_members_are_no_acquaintances(conversations, people, group):
    """Who has left is not acquainted any more, and is listed as a former member."""
    await carry_out(conversations, change(group, people["bob"], people["bob"], "left"), 4)
    assert await conversations.acquainted(people["ann"], people.values()) == {people["ann"]}
    assert await conversations.people(people["ann"], "", 10, None) == []
    listed = {it.account: (it.role, it.left) for it in await conversations.members(group.id, 10, None)}
    assert listed == {people["ann"]: ("owner", False), people["bob"]: ("member", True)}
