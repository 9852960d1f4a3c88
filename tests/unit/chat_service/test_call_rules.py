"""The rules of calls, one after another, without anything around them."""

import pytest

from parley.chat_service.calls.commands import Accept, Decline, End, Invite, Leave, Look, Recorded, Renew, Ring
from parley.chat_service.calls.model import (
    HELD_MS,
    MAX_MEMBERS,
    MESH,
    REMEMBERED_MS,
    RINGS_MS,
    Line,
    record,
    snapshot,
)
from parley.chat_service.calls.rules import change, due_ms
from parley.chat_service.errors import CallEnded, CallFull, NoSuchCall

NOW = 1_760_000_000_000


class Played:
    """A line to which commands come, and what the last one has led to."""

    def __init__(self, *others, media="video", busy=(), **more):
        self.line, self.now = Line(), NOW
        known = {"party": "ann1", "claim": "anns", "after": (1, 7)}
        self.does(Invite("x", "c", "ann", media=media, others=others, busy=frozenset(busy), **known, **more))

    def does(self, *commands, after_ms=0):
        self.now += after_ms
        for command in commands:
            self.outcome = change(self.line, command, self.now)
            self.line = self.outcome.line
        return self

    @property
    def call(self):
        return self.line.find("x")

    @property
    def stands(self):
        return {it.user: it.st for it in self.call.members}


def accept(user, party=""):
    return Accept("x", user, party or f"{user}1", f"{user}s")


ANN_ENDS, BOB_ENDS = End("x", "ann", "ann1"), End("x", "bob", "bob1")
BOB_REFUSES, EVE_REFUSES = Decline("x", "bob"), Decline("x", "eve")
EVE_IS_BUSY = Decline("x", "eve", is_busy=True)
FAILED = End("x", "ann", "ann1", has_failed=True)


@pytest.mark.parametrize(
    ("others", "commands", "reason"),
    [
        (["bob"], [ANN_ENDS], "cancelled"),
        (["bob"], [Leave("ann", "ann1")], "cancelled"),
        (["bob"], [BOB_REFUSES], "declined"),
        (["bob"], [BOB_ENDS], "declined"),
        (["bob"], [FAILED], "failed"),
        (["bob"], [accept("bob"), ANN_ENDS], "completed"),
        (["bob"], [accept("bob"), BOB_ENDS], "completed"),
        (["bob"], [accept("bob"), FAILED], "failed"),
        (["bob", "eve"], [BOB_REFUSES, EVE_IS_BUSY], "declined"),
        (["bob", "eve"], [EVE_IS_BUSY, BOB_REFUSES], "declined"),
        (["bob", "eve"], [accept("bob"), BOB_ENDS, EVE_REFUSES], "completed"),
        (["bob", "eve"], [BOB_REFUSES, ANN_ENDS], "cancelled"),
    ],
)
def test_why_a_call_ended(others, commands, reason):
    """The reason is that of the last step, or else the strongest of what the others did."""
    played = Played(*others).does(*commands)
    assert (played.call.state, played.call.reason) == ("ended", reason)
    assert played.line.live is None


@pytest.mark.parametrize(
    ("busy", "commands", "reason"),
    [
        ((), [], "missed"),
        (("bob",), [], "busy"),
        (("bob",), [EVE_REFUSES], "declined"),
        ((), [EVE_REFUSES], "declined"),
        ((), [EVE_IS_BUSY], "busy"),
    ],
)
def test_why_nobody_answered(busy, commands, reason):
    """After the time to answer, declined comes before busy and busy before missed."""
    played = Played("bob", "eve", busy=busy).does(*commands)
    played.does(Look(), after_ms=RINGS_MS)
    assert (played.call.state, played.call.reason) == ("ended", reason)
    assert set(played.stands.values()) <= {"left", "missed", "busy", "declined"}


def test_who_is_rung_alone_does_not_end_a_group_call():
    """Two who talk go on when the third is missed, and one who waits for the third does as well."""
    played = Played("bob", "eve").does(accept("bob")).does(Look(), after_ms=RINGS_MS)
    assert (played.call.state, played.stands["eve"]) == ("active", "missed")
    waiting = Played("bob", "eve").does(accept("bob"), BOB_ENDS)
    assert waiting.line.live is not None
    assert waiting.does(Look(), after_ms=RINGS_MS).call.reason == "completed"


def test_a_minute_is_a_minute():
    """An answer in the last millisecond counts, one after it does not."""
    assert Played("bob").does(accept("bob"), after_ms=RINGS_MS - 1).call.state == "active"
    with pytest.raises(CallEnded):
        Played("bob").does(accept("bob"), after_ms=RINGS_MS)
    assert Played("bob", rings_ms=5000).does(Look(), after_ms=5000).call.reason == "missed"


@pytest.mark.parametrize("media", MESH)
def test_a_mesh_has_a_limit(media):
    """As many may have joined as the kind of call allows; who leaves makes room."""
    names = [f"p{number}" for number in range(MESH[media])]
    played = Played(*names, media=media).does(*map(accept, names[:-1]))
    with pytest.raises(CallFull) as refused:
        played.does(accept(names[-1]))
    assert refused.value.limit == MESH[media]
    assert played.does(ANN_ENDS, accept(names[-1])).call.joined == MESH[media]


def test_somebody_who_came_later_may_join():
    """A new member of the conversation joins the call that goes on, unless it has all that it can have."""
    played = Played("bob").does(accept("bob"), accept("kim"))
    assert played.stands == {"ann": "joined", "bob": "joined", "kim": "joined"}
    crowded = Played(*(f"p{number}" for number in range(MAX_MEMBERS - 1)))
    with pytest.raises(CallFull) as refused:
        crowded.does(accept("kim"))
    assert refused.value.limit == MAX_MEMBERS
    assert Played("bob").does(Decline("x", "kim")).stands == {"ann": "joined", "bob": "invited"}


def test_ringing_is_told_once():
    """The first window that rings is news, the second is not, and one that rings too late is nothing."""
    played = Played("bob").does(Ring("x", "bob"))
    assert (played.stands["bob"], len(played.outcome.told)) == ("ringing", 1)
    assert played.does(Ring("x", "bob")).outcome.told == ()
    assert played.does(accept("bob"), Ring("x", "bob")).stands["bob"] == "joined"
    assert played.does(Ring("y", "bob"), Ring("x", "kim")).outcome.told == ()


def test_revisions_only_grow():
    """Every change has a higher revision, the time where that is higher, also if the clock goes back."""
    played = Played("bob")
    assert played.call.rev == NOW
    assert played.does(Ring("x", "bob"), after_ms=-5000).call.rev == NOW + 1
    assert played.does(accept("bob"), after_ms=9000).call.rev == NOW + 4000
    again = played.does(ANN_ENDS, Recorded("x")).does(
        Invite("y", "c", "bob", "bob1", "bobs", "audio", ("ann",), frozenset(), (1, 8))
    )
    assert again.line.live.rev > again.call.rev


def test_what_is_freed():
    """A claim is freed when its person leaves, when the call ends, and when an attempt did not need it."""
    played = Played("bob", "eve").does(accept("bob"), accept("eve"))
    assert played.does(Accept("x", "bob", "bob1", "again")).outcome.freed == (("bob", "again"),)
    assert played.does(BOB_ENDS).outcome.freed == (("bob", "bobs"),)
    assert played.does(ANN_ENDS).outcome.freed == (("ann", "anns"), ("eve", "eves"))


def test_when_time_changes_something():
    """What is due is the next telling, the end of the ringing or of a lease, an entry to write, or forgetting."""
    played = Played("bob")
    assert due_ms(played.line) == NOW + 5_000
    played.does(accept("bob"))
    assert due_ms(played.line) == NOW + 25_000
    played.does(Renew("bob", "bob1", "bobs", 1_000))
    assert due_ms(played.line) == NOW + 1_000
    played.does(ANN_ENDS)
    assert due_ms(played.line) == 0
    played.does(Recorded("x"))
    assert due_ms(played.line) == NOW + 5_000
    assert [it.call.state for it in played.does(Look(), after_ms=5_000).outcome.told] == ["ended"]
    assert due_ms(played.line) == NOW + REMEMBERED_MS
    assert played.does(Look(), after_ms=5_000).outcome.told == ()
    played.does(Look(), after_ms=REMEMBERED_MS)
    assert (due_ms(played.line), played.line.over) == (None, ())
    with pytest.raises(NoSuchCall):
        played.does(accept("bob"))


def test_a_lease_ends_to_the_millisecond():
    """Whoever gives no sign for so long has left, and not before."""
    played = Played("bob").does(accept("bob")).does(Renew("ann", "ann1", "anns", 2 * HELD_MS))
    assert played.does(Look(), after_ms=HELD_MS - 1).call.state == "active"
    assert played.does(Look(), after_ms=1).stands == {"ann": "left", "bob": "left"}
    assert played.call.reason == "completed"


def test_what_is_told_and_kept():
    """The snapshot tells what is left of the ringing and who did it; the record keeps who was there and how long."""
    played = Played("bob", session="s").does(Ring("x", "bob"), after_ms=1000)
    told = snapshot(played.call, played.now)
    assert (told["ring_ms"], told["session"], told["by"]) == (59_000, "s", {"user": "bob", "st": "ringing"})
    assert "reason" not in told
    played.does(accept("bob")).does(BOB_ENDS, after_ms=2500)
    assert snapshot(played.call, played.now)["ring_ms"] == 0
    assert record(played.call) == {
        "media": "video",
        "from": "ann",
        "reason": "completed",
        "duration_ms": 2500,
        "members": [{"user": "ann", "st": "left", "n": 1}, {"user": "bob", "st": "left", "n": 2}],
    }
