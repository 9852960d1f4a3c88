"""One conversation through one replica: every entry once, in order, without holes."""

import random

from hypothesis import given
from hypothesis import strategies as st

from parley.chat_service.room import EARLY, Arrival, Room


def arrival(seq, epoch=1):
    return Arrival(epoch, seq, b"%d" % seq)


def seqs(arrivals):
    return [it.seq for it in arrivals]


def test_in_order():
    """What comes next is delivered at once."""
    room = Room("c")
    room.start(1, 3)
    assert [seqs(room.arrived(arrival(seq))) for seq in (4, 5)] == [[4], [5]]
    assert not room.has_gap


def test_nothing_before_the_start():
    """Until it is known where the log ends everything waits; then what lies behind it is delivered."""
    room = Room("c")
    assert seqs(room.arrived(arrival(5))) == seqs(room.arrived(arrival(4))) == []
    assert seqs(room.start(1, 4)) == [5]


def test_a_second_start_changes_nothing():
    """Two connections that come at once do not move the place back or forth."""
    room = Room("c")
    room.start(1, 4)
    room.arrived(arrival(5))
    assert room.start(1, 9) == []
    assert (room.epoch, room.seq) == (1, 5)


def test_repetitions_are_dropped():
    """An entry that was delivered is not delivered again."""
    room = Room("c")
    room.start(1, 3)
    room.arrived(arrival(4))
    assert seqs(room.arrived(arrival(4))) == seqs(room.arrived(arrival(2))) == []
    assert not room.has_gap


def test_a_gap_waits_for_what_is_missing():
    """What is early waits, is known as a gap, and comes in order once the missing one is there."""
    room = Room("c")
    room.start(1, 0)
    assert seqs(room.arrived(arrival(3))) == seqs(room.arrived(arrival(2))) == []
    assert room.has_gap
    assert seqs(room.arrived(arrival(1))) == [1, 2, 3]
    assert not room.has_gap


def test_another_epoch_is_a_gap():
    """An entry of a later epoch waits until the place was moved there; one of an earlier epoch is dropped."""
    room = Room("c")
    room.start(2, 3)
    assert seqs(room.arrived(arrival(4, epoch=1))) == []
    assert not room.has_gap
    assert seqs(room.arrived(arrival(1, epoch=3))) == []
    assert room.has_gap
    assert seqs(room.skip(3, 0)) == [1]


def test_skipping_goes_forward_only():
    """A place behind the present one is not returned to."""
    room = Room("c")
    room.start(1, 7)
    room.skip(1, 3)
    assert (room.epoch, room.seq) == (1, 7)


def test_what_waits_is_bounded():
    """At most a thousand entries wait, and the one that is missing is never turned away."""
    room = Room("c")
    room.start(1, 0)
    for seq in range(2, EARLY + 50):
        room.arrived(arrival(seq))
    assert len(room.arrived(arrival(1))) == EARLY + 1


@given(st.integers(0, 2**32), st.integers(1, 60), st.floats(0, 0.5))
def test_whatever_happens_on_the_way(seed, count, loss):
    """Lost, repeated and reordered, and read again from the log: each entry is delivered once, in order."""
    rng, room, got = random.Random(seed), Room("c"), []
    sent = [seq for seq in range(1, count + 1) if rng.random() >= loss]
    sent += rng.choices(sent, k=len(sent) // 3) if sent else []
    sent.sort(key=lambda seq: seq + rng.uniform(0, 5))
    started = rng.randint(0, len(sent))
    for turn, seq in enumerate(sent):
        if turn == started:
            got += seqs(room.start(1, 0))
        got += seqs(room.arrived(arrival(seq)))
        if room.has_gap and rng.random() < 0.3:
            for missing in range(room.seq + 1, seq + 1):
                got += seqs(room.arrived(arrival(missing)))
    got += seqs(room.start(1, 0))
    for missing in range(1, count + 1):
        got += seqs(room.arrived(arrival(missing)))
    assert got == list(range(1, count + 1))
    assert not room.has_gap
