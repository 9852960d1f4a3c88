"""What waits for a slow socket: bounded, in order, and never wrong about what is missing."""

import json

from hypothesis import given
from hypothesis import strategies as st
from support.chatting import payloads

from parley.chat_service.outbox import Outbox, item_of

SIZES = st.integers(1, 40)


def entry(conv, seq, size=1):
    return item_of(conv, seq, json.dumps({"t": "msg", "d": {"conv": conv, "seq": seq, "body": "x" * size}}).encode())


def notice(kind, **data):
    return item_of(data.get("conv", ""), 0, json.dumps({"t": kind, "d": data}).encode())


def taken(outbox):
    return [json.loads(payload) for payload in payloads(outbox.take())]


def test_what_waits_comes_in_order():
    """Frames come out as they went in, once."""
    outbox = Outbox()
    outbox.put(entry("c", 1))
    outbox.put(notice("conv", conv="c", change="updated"))
    outbox.put(entry("c", 2))
    assert [frame["t"] for frame in taken(outbox)] == ["msg", "conv", "msg"]
    assert taken(outbox) == []


def test_the_latest_notice_wins():
    """A notice replaces the one before about the same subject, and takes its place at the end."""
    outbox = Outbox()
    for status in ("active", "idle", "offline"):
        outbox.put(notice("presence", user="ann", status=status))
    outbox.put(notice("presence", user="bob", status="active"))
    outbox.put(notice("typing", conv="c", user="ann"))
    outbox.put(notice("typing", conv="c", user="ann"))
    seen = [(frame["t"], frame["d"].get("user"), frame["d"].get("status")) for frame in taken(outbox)]
    assert seen == [("presence", "ann", "offline"), ("presence", "bob", "active"), ("typing", "ann", None)]


def test_all_verbs_of_a_call_are_one_subject():
    """Only the newest snapshot of a call waits, beside that of another call of the same conversation."""
    outbox = Outbox()
    outbox.put(notice("call.invite", conv="c", call="x", session="s"))
    outbox.put(notice("call.end", conv="c", call="x"))
    outbox.put(notice("call.invite", conv="c", call="y"))
    assert [(frame["t"], frame["d"]["call"]) for frame in taken(outbox)] == [("call.end", "x"), ("call.invite", "y")]


def test_signaling_is_told_by_session():
    """Of the changes of one session only the newest waits."""
    outbox = Outbox()
    for session, rev in (("s", 1), ("r", 1), ("s", 2)):
        outbox.put(notice("rtc", session=session, rev=rev))
    assert [(frame["d"]["session"], frame["d"]["rev"]) for frame in taken(outbox)] == [("r", 1), ("s", 2)]


def test_a_full_outbox_leaves_conversations_out():
    """When the frames are too many the conversation is left out from there on, until it was told."""
    outbox = Outbox(frames=3)
    for seq in range(1, 6):
        outbox.put(entry("c", seq))
    outbox.put(entry("d", 1))
    assert [frame["d"]["seq"] for frame in taken(outbox)] == [1, 2, 3]
    assert outbox.behind == {"c", "d"}
    outbox.put(entry("c", 6))
    assert taken(outbox) == []
    outbox.behind.clear()
    outbox.put(entry("c", 7))
    assert [frame["d"]["seq"] for frame in taken(outbox)] == [7]


def test_a_megabyte_is_full():
    """When the bytes are too many the conversation is left out as well."""
    outbox = Outbox(size=1000)
    for seq in range(1, 5):
        outbox.put(entry("c", seq, size=300))
    assert [frame["d"]["seq"] for frame in taken(outbox)] == [1, 2]
    assert outbox.behind == {"c"}


def test_notices_have_room_beside_entries():
    """A full queue of entries keeps no notice out; too many notices are dropped."""
    outbox = Outbox(frames=2)
    for seq in range(1, 4):
        outbox.put(entry("c", seq))
    for number in range(5):
        outbox.put(notice("presence", user=f"u{number}", status="active"))
    assert [frame["t"] for frame in taken(outbox)] == ["msg", "msg", "presence", "presence"]


def test_known_entries_are_dropped():
    """What the client got in another way does not come again; notices and later entries do."""
    outbox = Outbox()
    for seq in range(4, 8):
        outbox.put(entry("c", seq))
    outbox.put(entry("d", 1))
    outbox.put(notice("typing", conv="c", user="ann"))
    outbox.forget_through({"c": 5})
    assert [(f["t"], f["d"].get("seq")) for f in taken(outbox)] == [
        ("msg", 6),
        ("msg", 7),
        ("msg", 1),
        ("typing", None),
    ]


@given(st.lists(st.tuples(st.sampled_from("abc"), SIZES), max_size=200), st.integers(1, 20), st.integers(50, 2000))
def test_bounds_hold_and_only_tails_are_missing(offers, frames, size):
    """Whatever is offered, the bounds hold, and of each conversation exactly the tail is missing, and told."""
    outbox, offered = Outbox(frames, size), dict.fromkeys("abc", 0)
    for conv, length in offers:
        offered[conv] += 1
        outbox.put(entry(conv, offered[conv], length))
    waiting = taken(outbox)
    assert len(waiting) <= frames
    for conv, count in offered.items():
        got = [frame["d"]["seq"] for frame in waiting if frame["d"]["conv"] == conv]
        assert got == list(range(1, len(got) + 1))
        assert (len(got) < count) == (conv in outbox.behind)
