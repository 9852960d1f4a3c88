"""The append rule: random histories against a hostile store, and the decisions one by one."""

import pytest
from support.append_simulation import starting_at_the_head, violations

from parley.messages.append import ATTEMPTS, CHUNK, append
from parley.messages.model import MAX_WALK, Cursor, Draft, Entry, Head
from parley.messages.port import LogUnavailable, StaleCursor

RUNS = 6_000


def test_every_history_keeps_the_promises():
    """Whatever crashes, comes late or stays unknown: each message is in the log once, without a hole, in order."""
    broken = {seed: found for seed in range(RUNS) if (found := violations(seed))}
    assert broken == {}


def test_starting_first_attempts_at_the_head_is_caught():
    """A first attempt that starts at the newest head, while retries start at the cursor, breaks the promises."""
    broken = {seed for seed in range(1_000) if violations(seed, starting_at_the_head)}
    assert len(broken) > 100


class Scripted:
    """Slots that are filled up to `filled`, with what `fill` answers given in advance."""

    def __init__(self, filled=0, *, head=None, fills=(), looks=()):
        self.filled, self._head = filled, filled if head is None else head
        self._fills, self._looks = list(fills), list(looks)
        self.committed = []
        self.tried = []

    async def head(self, conv):
        return Head(1, self._head)

    async def run_from(self, conv, seq, limit):
        return [entry(number) for number in range(seq, min(self.filled, seq + limit - 1) + 1)]

    async def fill(self, draft, place):
        self.tried.append(place.seq)
        return self._fills.pop(0) if self._fills else entry(place.seq, draft.id, draft.sender)

    async def look(self, conv, seq):
        if self._looks:
            return self._looks.pop(0)
        return entry(seq) if seq <= self.filled else None

    async def commit(self, committed):
        self.committed.append(committed.seq)


def entry(seq, entry_id=None, sender="somebody"):
    return Entry(conv="c", epoch=1, seq=seq, id=entry_id or f"id{seq}", sender=sender, at_ms=0)


DRAFT = Draft(conv="c", id="mine", sender="me", body="x")
MINE = entry(8, "mine", "me")


async def test_the_first_free_slot_is_taken():
    """The draft gets the slot behind the run that follows its cursor, and the head is moved there."""
    slots = Scripted(filled=7)
    placed = await append(slots, DRAFT, Cursor(1, 5))
    assert (placed.seq, slots.tried, slots.committed) == (8, [8], [8])


async def test_a_slot_that_was_taken_meanwhile_is_passed():
    """A fill that meets another entry leaves that entry and goes on behind it."""
    slots = Scripted(filled=7, fills=[entry(8), entry(9)])
    assert (await append(slots, DRAFT, Cursor(1, 7))).seq == 10


async def test_an_own_slot_is_returned_and_committed_again():
    """A retry that finds its id in a slot tries none, and repeats the steps that follow an append."""
    slots = Scripted(filled=7)
    placed = await append(slots, Draft(conv="c", id="id7", sender="somebody"), Cursor(1, 5))
    assert (placed.seq, slots.tried, slots.committed) == (7, [], [7])


async def test_another_senders_id_is_not_ones_own():
    """The same id from another sender is another message."""
    placed = await append(Scripted(filled=7), Draft(conv="c", id="id7", sender="me"), Cursor(1, 5))
    assert placed.seq == 8


async def test_an_unknown_outcome_is_looked_up():
    """After an unknown outcome the slot itself says whether the draft is there."""
    slots = Scripted(filled=7, fills=[None], looks=[MINE])
    assert (await append(slots, DRAFT, Cursor(1, 7)), slots.tried) == (MINE, [8])


async def test_an_unknown_outcome_in_an_empty_slot_tries_the_same_slot_again():
    """An empty slot after an unknown outcome is tried again, never passed."""
    slots = Scripted(filled=7, fills=[None, None], looks=[None, None])
    assert (await append(slots, DRAFT, Cursor(1, 7))).seq == 8
    assert slots.tried == [8, 8, 8]


async def test_a_store_that_never_says_is_unavailable():
    """After ATTEMPTS unknown outcomes the append gives up without having passed the slot or moved the head."""
    slots = Scripted(filled=7, fills=[None] * 99, looks=[None] * 99)
    with pytest.raises(LogUnavailable):
        await append(slots, DRAFT, Cursor(1, 7))
    assert (slots.tried, slots.committed) == ([8] * ATTEMPTS, [])


@pytest.mark.parametrize(
    ("filled", "after"),
    [
        (7, Cursor(2, 7)),
        (7, Cursor(0, 7)),
        (7, Cursor(1, 8)),
        (0, Cursor(1, 1)),
        (7, Cursor(1, -1)),
        (MAX_WALK + 1, Cursor(1, 0)),
    ],
)
async def test_a_stale_cursor_is_refused(filled, after):
    """Another epoch, an empty slot, or more than MAX_WALK behind is refused before anything is tried."""
    slots = Scripted(filled)
    with pytest.raises(StaleCursor):
        await append(slots, DRAFT, after)
    assert slots.tried == []


async def test_a_head_that_lags_refuses_nobody():
    """A cursor ahead of the known head counts if its slot is filled."""
    assert (await append(Scripted(filled=7, head=3), DRAFT, Cursor(1, 7))).seq == 8


async def test_a_lagging_head_does_not_lengthen_the_walk():
    """A walk of more than MAX_WALK slots ends, even if the head did not show how far it would be."""
    with pytest.raises(StaleCursor):
        await append(Scripted(filled=MAX_WALK + CHUNK + 1, head=0), DRAFT, Cursor(1, 0))


async def test_the_longest_walk_succeeds():
    """Exactly MAX_WALK behind is not too far."""
    assert (await append(Scripted(filled=MAX_WALK), DRAFT, Cursor(1, 0))).seq == MAX_WALK + 1
