"""One language on the socket: the schema, the golden frames and the Python types say the same.

The TypeScript client is held to the same golden frames by its own test.
"""

import json

import msgspec
import pytest
from support.frames import SCHEMA, accepts, goldens, mutations

from parley.contracts import frames
from parley.contracts.client_frames import InvalidFrame, MalformedFrame, decode
from parley.contracts.problems import FieldError, ProblemError
from parley.messages.model import Entry

CLIENT, PUSHES, REPLIES = goldens("client"), goldens("server"), goldens("reply")
accepted_from_client, accepted_from_server = accepts("client"), accepts("server")

ANN = "01932f00-0000-7000-8000-00000000000a"
BOB = "01932f00-0000-7000-8000-00000000000b"
CONV = "01932f00-0000-7000-8000-0000000000c1"
REQUEST = "01932f00-0000-7000-8000-00000000aaaa"
ENTRY = Entry(
    conv=CONV,
    epoch=1,
    seq=42,
    id="01932f00-0000-7000-8000-0000000000e1",
    sender=ANN,
    at_ms=1795511900123,
    body="Grüße 👋\n\tfrom Ann",
    reply_to=12,
)
MEMBER = Entry(
    conv=CONV,
    epoch=1,
    seq=43,
    id=ENTRY.id,
    sender=ANN,
    at_ms=ENTRY.at_ms,
    kind="member",
    meta={"change": "removed", "user": BOB},
)
CALL = "01932f00-0000-7000-8000-0000000000ca"
RECORD = Entry(
    conv=CONV,
    epoch=1,
    seq=44,
    id=CALL,
    sender=ANN,
    at_ms=1795511900123,
    kind="call",
    meta={
        "media": "video",
        "from": ANN,
        "reason": "completed",
        "duration_ms": 95000,
        "members": [{"user": ANN, "st": "left", "n": 1}, {"user": BOB, "st": "left", "n": 2}],
    },
)
SESSION = "Yk3vQ0zJt2mWb8RrG5xLpA"
LIMITS = {"body_chars": 8000, "frame_bytes": 65536, "send_per_s": 5, "watch": 200, "cursors": 500}
HELLO = {
    "conn": "c-1f",
    "user": ANN,
    "ping_ms": 25000,
    "heads": REPLIES["hello"]["d"]["heads"],
    "calls": [],
    "limits": LIMITS,
}

ENCODED = {
    "server.msg": frames.message(ENTRY),
    "server.msg.member": frames.message(MEMBER),
    "server.msg.call": frames.message(RECORD),
    "server.rtc": frames.rtc_changed(SESSION, 3, BOB, None),
    "server.rtc.gone": frames.rtc_changed(SESSION, 9, BOB, CALL, is_gone=True),
    "server.read": frames.read_mark(CONV, BOB, 42),
    "server.typing": frames.typing(CONV, BOB),
    "server.presence": frames.presence(BOB, "active"),
    "server.conv": frames.conversation_changed(CONV, "added"),
    "server.behind": frames.behind([frames.Place(CONV, 1, 1300, 41)]),
    "server.bye": frames.bye("drain", 2500),
    "server.ping": frames.PING,
    "server.synced": frames.SYNCED,
    "reply.hello": frames.reply(REQUEST, HELLO),
    "reply.sync": frames.reply(REQUEST, {}),
    "reply.refused.invalid": frames.refusal(
        REQUEST, ProblemError("invalid", errors=[FieldError("/d/after/1", "Expected `int`, got `str`.")])
    ),
    "reply.refused.rate-limited": frames.refusal(REQUEST, ProblemError("rate-limited", retry_after_ms=200)),
}


def kinds_in_schema(direction):
    """Every value of `t` that the schema names."""
    shapes = [one["properties"].get("t", {}) for one in SCHEMA["$defs"][direction]["oneOf"]]
    return {kind for t in shapes for kind in t.get("enum", [t.get("const")]) if kind}


@pytest.mark.parametrize("name", CLIENT)
def test_client_goldens_keep_the_schema(name):
    """Every golden frame of a client is one by the schema."""
    assert accepted_from_client(CLIENT[name])


@pytest.mark.parametrize(("name", "frame"), [*PUSHES.items(), *REPLIES.items()])
def test_server_goldens_keep_the_schema(name, frame):
    """Every golden push and reply is a server's frame by the schema."""
    assert accepted_from_server(frame)


def test_every_kind_has_a_golden():
    """There is a golden frame of every kind that the schema names, and of no other."""
    assert {frame["t"] for frame in CLIENT.values()} == kinds_in_schema("client")
    assert {frame["t"] for frame in PUSHES.values()} == kinds_in_schema("server")


@pytest.mark.parametrize("name", CLIENT)
def test_client_goldens_decode_whole(name):
    """Every golden frame of a client decodes, and encodes again to the same members."""
    frame = decode(json.dumps(CLIENT[name]))
    assert json.loads(msgspec.json.encode(frame)) == CLIENT[name]


@pytest.mark.parametrize("golden", ENCODED)
def test_what_we_say_is_golden(golden):
    """What the server encodes is its golden frame, and keeps the schema."""
    direction, _, name = golden.partition(".")
    said = json.loads(ENCODED[golden])
    assert said == goldens(direction)[name]
    assert accepted_from_server(said)


@pytest.mark.parametrize("name", CLIENT)
def test_mutated_goldens_are_judged_alike(name):
    """Of every golden frame with one member gone or wrong, the schema and the decoder think the same."""
    refused = 0
    for place, mutated in mutations(CLIENT[name]):
        by_schema = accepted_from_client(mutated)
        assert is_decoded(mutated) == by_schema, place
        refused += not by_schema
    assert refused > 0


def is_decoded(frame):
    """Whether the decoder makes a frame of it."""
    try:
        return decode(json.dumps(frame)) is not None
    except (InvalidFrame, MalformedFrame):
        return False


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"t": "msg.shout"}, "/t"),
        ({"t": 7}, "/t"),
        ({"d": None}, "/d"),
        ({"d": CLIENT["msg.send"]["d"] | {"after": [1]}}, "/d/after"),
        ({"d": CLIENT["msg.send"]["d"] | {"after": [1, "x"]}}, "/d/after/1"),
        ({"d": CLIENT["msg.send"]["d"] | {"body": ""}}, "/d/body"),
        ({"d": {"conv": CONV}}, "/d/after"),
        ({"t": "hello", "d": {"party": ANN, "cursors": {"x": [1, 2]}}}, "/d/cursors"),
        ({"t": "hello", "d": {"party": ANN, "cursors": {CONV: [1, "x"]}}}, "/d/cursors"),
        ({"t": "pong", "d": {}}, "/id"),
    ],
)
def test_a_refusal_points_at_the_place(change, pointer):
    """A wrong frame that has an id is refused under that id, with the place of the first mistake."""
    with pytest.raises(InvalidFrame) as refused:
        decode(json.dumps(CLIENT["msg.send"] | change))
    assert refused.value.request == REQUEST
    assert [error.pointer for error in refused.value.problem.errors] == [pointer]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "[]",
        '"x"',
        "{}",
        '{"t":"pong","d":{}} x',
        '{"t":"typing","d":{}}',
        '{"t":"msg.read","d":{}}',
        '{"t":"msg.read","id":"1","d":{}}',
        '{"t":"\ud83d"}'.encode("utf-8", "surrogatepass"),
        '{"t":"pong","d":' + "[" * 10_000 + "]" * 10_000 + "}",
        '{"t":' + "[" * 10_000 + "]" * 10_000 + "}",
    ],
)
def test_what_is_no_frame_is_malformed(text):
    """No JSON object, nesting without end, or a mistake without an id to answer to, is no frame at all."""
    with pytest.raises(MalformedFrame):
        decode(text)


def test_unknown_notices_are_ignored():
    """A notice of a kind that we do not know is nothing, so that a newer client may send it."""
    assert decode('{"t":"reaction.peek","d":{"conv":1}}') is None


def test_unknown_members_are_ignored():
    """A member that we do not know changes nothing, wherever it stands."""
    frame = CLIENT["msg.send"] | {"trace": 1, "d": CLIENT["msg.send"]["d"] | {"mood": [1, {}]}}
    assert decode(json.dumps(frame)) == decode(json.dumps(CLIENT["msg.send"]))
