"""The port Conversations: membership changes, claimed, then settled, whoever dies in between."""

import asyncio

import pytest
from support.people import sign_up

from parley.conversations.model import MAX_MEMBERS, MembershipChange
from parley.conversations.port import GroupFull
from parley.conversations.sql import SqlConversations
from parley.identity.model import new_id

ADAPTERS = {"sql": SqlConversations}


@pytest.fixture(params=ADAPTERS.values(), ids=ADAPTERS)
def conversations(request, database):
    return request.param(database, lobby=False)


@pytest.fixture
async def people(database):
    return {name: it.id for name, it in (await sign_up(database, "ann", "bob", "eve")).items()}


@pytest.fixture
async def group(conversations, people):
    return (await conversations.create_group(new_id(), people["ann"], [people["bob"]], None)).id


def change(conv, account, what="joined", by=None, after=0):
    return MembershipChange(
        id=new_id(), conv=conv, account=account, by=by or account, change=what, after_epoch=1, after_seq=after
    )


async def members_of(conversations, conv, somebody):
    return (await conversations.find(conv, somebody)).members


async def test_joining_takes_effect_when_settled(conversations, people, group):
    """A claimed joiner is no member, neither present nor former, until the claim is settled; then they come last."""
    joining = change(group, people["eve"], by=people["ann"], after=3)
    assert await conversations.claim(joining) == joining
    assert await conversations.find(group, people["eve"]) is None
    assert {it.account for it in await conversations.members(group, 10, None)} == {people["ann"], people["bob"]}
    await conversations.settle(joining, 4)
    assert await members_of(conversations, group, people["eve"]) == (people["ann"], people["bob"], people["eve"])
    joined = {it.account: it.joined_seq for it in await conversations.members(group, 10, None)}
    assert joined == {people["ann"]: 0, people["bob"]: 0, people["eve"]: 4}


@pytest.mark.parametrize("what", ["left", "removed"])
async def test_leaving_takes_effect_when_settled(conversations, people, group, what):
    """Who leaves is a member until the claim is settled, and then a former one."""
    leaving = change(group, people["bob"], what, by=people["ann"])
    assert await conversations.claim(leaving) == leaving
    assert people["bob"] in await members_of(conversations, group, people["bob"])
    await conversations.settle(leaving, 1)
    assert await conversations.find(group, people["bob"]) is None
    assert [it.account for it in await conversations.members(group, 10, None) if it.left] == [people["bob"]]


async def test_nothing_to_change_is_no_claim(conversations, people, group):
    """A member cannot join and a stranger cannot leave: there is nothing to claim."""
    assert await conversations.claim(change(group, people["bob"])) is None
    assert await conversations.claim(change(group, people["eve"], "left")) is None
    assert await conversations.unsettled(0) == []


async def test_an_unfinished_claim_comes_first(conversations, people, group):
    """Whoever claims another change of the same person gets the unfinished one, whole, to finish it."""
    joining = change(group, people["eve"], by=people["ann"], after=17)
    await conversations.claim(joining)
    assert await conversations.claim(change(group, people["eve"], by=people["bob"])) == joining
    assert await conversations.claim(change(group, people["eve"], "left")) == joining
    assert await conversations.unsettled(0) == [joining]


async def test_parallel_claims_have_one_winner(conversations, people, group):
    """Of 32 claims to add the same person all get the same one."""
    claims = [conversations.claim(change(group, people["eve"], by=people["ann"])) for _ in range(32)]
    assert len({claimed.id for claimed in await asyncio.gather(*claims)}) == 1


async def test_settling_twice_is_settling_once(conversations, people, group):
    """A change that is settled again, even after a later one, changes nothing."""
    joining, leaving = change(group, people["eve"]), change(group, people["eve"], "left")
    for seq, it in enumerate((joining, leaving), 1):
        await conversations.claim(it)
        await conversations.settle(it, seq)
        await conversations.settle(it, seq)
    await conversations.settle(joining, 1)
    assert await conversations.find(group, people["eve"]) is None
    assert await conversations.unsettled(0) == []


async def test_one_may_come_back(conversations, people, group):
    """Who returns is a member as of the new entry, comes last, and keeps their role."""
    for seq, it in enumerate((change(group, people["ann"], "left"), change(group, people["ann"])), 5):
        assert await conversations.claim(it) == it
        await conversations.settle(it, seq)
    assert await members_of(conversations, group, people["ann"]) == (people["bob"], people["ann"])
    (ann,) = [it for it in await conversations.members(group, 10, None) if it.account == people["ann"]]
    assert (ann.role, ann.joined_seq, ann.left) == ("owner", 6, False)


async def test_a_withdrawn_claim_leaves_no_trace(conversations, people, group):
    """After a withdrawal everything is as it was, and the person can be claimed for anew."""
    joining, leaving = change(group, people["eve"]), change(group, people["bob"], "left")
    for it in (joining, leaving):
        await conversations.claim(it)
        await conversations.withdraw(it)
        await conversations.withdraw(it)
        await conversations.settle(it, 9)
    assert await members_of(conversations, group, people["ann"]) == (people["ann"], people["bob"])
    assert len(await conversations.members(group, 10, None)) == 2
    again = change(group, people["eve"])
    assert await conversations.claim(again) == again


async def test_what_is_left_behind_is_found_by_its_age(conversations, people, group, clock):
    """A claim is listed as unsettled from the age that was asked for, the oldest first, until it is settled."""
    first, second = change(group, people["eve"]), change(group, people["bob"], "left")
    await conversations.claim(first)
    clock.advance(ms=1000)
    await conversations.claim(second)
    clock.advance(ms=9000)
    assert await conversations.unsettled(10_000) == [first]
    assert await conversations.unsettled(9_000) == [first, second]
    await conversations.settle(first, 1)
    assert await conversations.unsettled(0) == [second]


async def test_a_group_never_grows_too_large(database, conversations, people):
    """Of many who are added at once no more are claimed than there is room for; a withdrawal makes room again."""
    crowd = [it.id for it in (await sign_up(database, *(f"p{n}" for n in range(MAX_MEMBERS)))).values()]
    conv = (await conversations.create_group(new_id(), people["ann"], crowd[: MAX_MEMBERS - 5], None)).id
    changes = [change(conv, account, by=people["ann"]) for account in crowd[MAX_MEMBERS - 5 :]]
    results = await asyncio.gather(*map(conversations.claim, changes), return_exceptions=True)
    claimed = [it for it in results if isinstance(it, MembershipChange)]
    assert len(claimed) == 4
    assert [type(it) for it in results if it not in claimed] == [GroupFull]
    await conversations.withdraw(claimed[0])
    late = change(conv, people["bob"])
    assert await conversations.claim(late) == late
