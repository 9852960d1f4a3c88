"""The frames of a call: what the rules lead to is what the golden frames show."""

import json

import pytest
from support.frames import accepts, goldens

from parley.chat_service.calls.commands import Accept, Decline, End, Invite, Renew, Ring
from parley.chat_service.calls.model import HELD_MS, Line, snapshot
from parley.chat_service.calls.rules import change
from parley.contracts import frames

PUSHES, REPLIES = goldens("server"), goldens("reply")
CONV, CALL = PUSHES["call.invite"]["d"]["conv"], PUSHES["call.invite"]["d"]["call"]
ANN, BOB = (it["user"] for it in PUSHES["call.invite"]["d"]["members"])
ANN_PARTY, BOB_PARTY = (it["party"] for it in PUSHES["call.accept"]["d"]["members"])
INVITE = Invite(
    CALL, CONV, ANN, ANN_PARTY, "a", "video", (BOB,), frozenset(), (1, 43), session="Yk3vQ0zJt2mWb8RrG5xLpA"
)
BOTH = ((ANN, ANN_PARTY, "a"), (BOB, BOB_PARTY, "b"))
STEPS = {
    "invite": [(INVITE, 1764000000123)],
    "update": [(INVITE, 1764000000123), (Ring(CALL, BOB), 1764000001000)],
    "accept": [(INVITE, 1764000000123), (Accept(CALL, BOB, BOB_PARTY, "b"), 1764000004000)],
    "decline": [(INVITE, 1764000000123), (Decline(CALL, BOB), 1764000004000)],
    "end": [
        (INVITE, 1764000000123),
        (Accept(CALL, BOB, BOB_PARTY, "b"), 1764000004000),
        *[(Renew(user, party, claim, HELD_MS), 1764000050000) for user, party, claim in BOTH],
        (End(CALL, ANN, ANN_PARTY), 1764000099000),
    ],
}


@pytest.mark.parametrize("verb", STEPS)
def test_what_a_call_is_told_as(verb):
    """After these steps the push is the golden one, and the reply to whoever took the last step says the same."""
    line = Line()
    for command, now_ms in STEPS[verb]:
        outcome = change(line, command, now_ms)
        line = outcome.line
    (told,) = outcome.told
    said = json.loads(frames.call(told.verb, snapshot(told.call, outcome.now_ms)))
    assert said == PUSHES[f"call.{verb}"]
    assert accepts("server")(said)
    assert verb == "update" or REPLIES[f"call.{verb}"]["d"] == said["d"]
