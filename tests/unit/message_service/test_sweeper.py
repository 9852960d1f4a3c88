"""Changes of members that were cut off between the two stores are finished, whoever died wherever."""

import asyncio

import pytest
from support.interposing import Interposed
from support.message_logs import draft

from parley.message_service.service import members
from parley.message_service.service.members import ABANDONED_MS, MemberService
from parley.messages.model import MAX_WALK, Cursor
from parley.sql.errors import DatabaseUnavailable

CALLS = {
    "joined": ["find", "get", "heads", "claim", "append", "publish", "mark_read", "settle", "publish"],
    "removed": ["find", "heads", "claim", "append", "publish", "settle", "publish"],
}
"""What a change asks of the ports, in order."""

STEPS = {what: [f"{when} {call}" for call in calls for when in ("before", "after")] for what, calls in CALLS.items()}
DEATHS = [(what, last) for what, steps in STEPS.items() for last in range(1, len(steps) + 1)]


class Died(Exception):
    """The process ended here."""


class Fate:
    """Notes each step and dies at the one with this number."""

    def __init__(self, last: int = 0) -> None:
        self._last, self.steps = last, []

    async def __call__(self, step):
        self.steps.append(step)
        if len(self.steps) == self._last:
            raise Died(step)


def rules(world, step=None):
    """The rules of members over the world's ports, with a step around every call where one is given."""
    ports = {name: getattr(world.parts, name) for name in ("conversations", "accounts", "log", "fanout")}
    return MemberService(**{name: Interposed(port, step) if step else port for name, port in ports.items()})


@pytest.fixture
async def change(world, ann, bob, eve, group):
    """Adds Eve or removes Bob, in Ann's name."""

    async def carry_out(what, step=None):
        if what == "joined":
            await rules(world, step).add(ann.id, group, eve.id)
        else:
            await rules(world, step).remove(ann.id, group, bob.id)

    return carry_out


@pytest.fixture
async def group(ann, bob):
    conv = await ann.founds(bob)
    await ann.says(conv, 0)
    return conv


async def die(change, what, last):
    """Carry the change out and die at that step; whether it was claimed."""
    fate = Fate(last if isinstance(last, int) else STEPS[what].index(last) + 1)
    with pytest.raises(Died):
        await change(what, fate)
    return "after claim" in fate.steps


async def changes(ann, group):
    return [it for it in await ann.reads(group, limit=200) if it["kind"] == "member"]


@pytest.mark.parametrize("what", CALLS)
async def test_the_steps_are_these(change, what):
    """A change that nothing interrupts takes exactly the steps at which it is interrupted below."""
    fate = Fate()
    await change(what, fate)
    assert fate.steps == STEPS[what]


@pytest.mark.parametrize(("what", "last"), DEATHS)
async def test_a_death_at_any_step_is_made_good(world, ann, bob, eve, group, change, what, last):
    """After a sweep the log and the database say the same: the whole change if it was claimed, else nothing of it."""
    was_claimed = await die(change, what, last)
    world.clock.advance(ms=ABANDONED_MS)
    await rules(world).sweep()
    entries = await changes(ann, group)
    assert [(it["from"], it["meta"]["change"], it["seq"]) for it in entries] == [(ann.id, what, 2)] * was_claimed
    expected = {bob.id} if not was_claimed else {bob.id, eve.id} if what == "joined" else set()
    assert set((await ann.sees(group))["members"]) == {ann.id} | expected
    if what == "joined" and was_claimed:
        assert (await eve.sees(group))["read"] == 2
    assert await world.parts.conversations.unsettled(0) == []


@pytest.mark.parametrize(("what", "last"), DEATHS)
async def test_whoever_comes_next_finishes_it(world, ann, group, change, what, last):
    """Before any sweep, the same change asked for again ends with one entry, and a sweep has nothing left to do."""
    await die(change, what, last)
    await change(what)
    assert len(await changes(ann, group)) == 1
    await world.listening.follow(f"c:{group}")
    world.clock.advance(ms=ABANDONED_MS)
    await rules(world).sweep()
    assert await world.listening.published() == []


async def test_the_other_change_comes_after_the_unfinished_one(world, ann, eve, group, change):
    """Removing somebody whose adding was cut off first adds them, so that the log tells both."""
    await die(change, "joined", "after claim")
    await rules(world).remove(ann.id, group, eve.id)
    assert [it["meta"]["change"] for it in await changes(ann, group)] == ["joined", "removed"]
    assert eve.id not in (await ann.sees(group))["members"]


async def test_a_young_claim_is_left_alone(world, ann, eve, group, change):
    """Whoever may still be at work is not disturbed."""
    await die(change, "joined", "after claim")
    world.clock.advance(ms=ABANDONED_MS - 1)
    await rules(world).sweep()
    assert await changes(ann, group) == []
    world.clock.advance(ms=1)
    await rules(world).sweep()
    assert eve.id in (await ann.sees(group))["members"]


async def test_sweeping_and_working_at_once(world, ann, eve, group, change):
    """A claim that many finish at the same time is one entry, and everybody is told the same one."""
    await die(change, "joined", "after claim")
    world.clock.advance(ms=ABANDONED_MS)
    await world.listening.follow(f"c:{group}")
    await asyncio.gather(*(it for _ in range(8) for it in (rules(world).sweep(), change("joined"))))
    (entry,) = await changes(ann, group)
    assert {frame["d"]["id"] for _, frame in await world.listening.frames()} == {entry["id"]}
    assert (await eve.sees(group))["read"] == entry["seq"]


@pytest.mark.parametrize(("last", "is_there"), [("after claim", False), ("after append", True)])
async def test_a_log_that_went_on_too_far(world, ann, eve, group, change, last, is_there):
    """Behind the reach of an append, an entry that is there counts, and a claim without one is given up."""
    await die(change, "joined", last)
    head = (await ann.sees(group))["head"]
    places = (Cursor(1, head + number) for number in range(MAX_WALK + 1))
    await asyncio.gather(*(world.parts.log.append(draft(group, ann.id), place) for place in places))
    world.clock.advance(ms=ABANDONED_MS)
    await rules(world).sweep()
    assert (eve.id in (await ann.sees(group))["members"]) == is_there
    assert await world.parts.conversations.unsettled(0) == []
    await change("joined")
    assert eve.id in (await ann.sees(group))["members"]


async def test_the_sweeper_outlives_an_outage(world, ann, eve, group, change, monkeypatch, caplog):
    """A database that is away is written down and does not end the sweeper, which goes on when it is back."""
    outages, swept = [1, 2], asyncio.Event()

    async def step(name):
        if name == "before unsettled" and outages:
            outages.pop()
            raise DatabaseUnavailable
        if name == "after settle":
            swept.set()

    caplog.set_level("DEBUG", "parley.message_service")
    await die(change, "joined", "after claim")
    world.clock.advance(ms=ABANDONED_MS)
    monkeypatch.setattr(members, "SWEEP_EVERY_S", 0)
    sweeping = asyncio.create_task(rules(world, step).sweep_forever())
    await asyncio.wait_for(swept.wait(), 10)
    sweeping.cancel()
    await asyncio.wait([sweeping])
    assert eve.id in (await ann.sees(group))["members"]
    assert [record.levelname for record in caplog.records if record.name == "parley.message_service.members"] == [
        "DEBUG"
    ] * 2
