"""RFC 6455 on a real socket: what is right is understood, what is wrong gets its close code, others are unharmed."""

import json
import uuid

import pytest
from support.person import LOBBY
from support.raw_websocket import BINARY, CLOSE, CONT, PING, PONG, TEXT, RawWebSocket

WATCH = b'{"t":"presence.watch","id":"%s","d":{"users":[]}}'


@pytest.fixture(scope="module")
def parley(parley_for_module):
    return parley_for_module


@pytest.fixture(scope="module")
def bystander(parley, people_for_module):
    """Somebody whose window stays open through all of it, at a server that has nothing to complain about."""
    with people_for_module("bob@example.org").socket() as at_bob:
        yield at_bob
        assert at_bob.request("sync", {"cursors": {}})["ok"]
    assert "ERROR" not in parley.output()


@pytest.fixture(scope="module")
def ann(people_for_module, bystander):
    return people_for_module("ann@example.org")


@pytest.fixture
def raw(parley, ann):
    """Ann's connection, greeted, in the hands of a client that does what it is told."""
    cookies = "; ".join(f"{name}={value}" for name, value in ann.http.cookies.items())
    connection = RawWebSocket(parley.url, {"Cookie": cookies, "Origin": parley.url})
    assert connection.status == 101
    yield connection.greet()
    connection.end()


def watch():
    return WATCH % str(uuid.uuid4()).encode()


def answer(raw):
    opcode, payload = raw.read()
    return opcode, b'"ok":true' in payload


def test_fragments_are_one_message(raw):
    """A text in three fragments, with a ping between them, is one frame."""
    text = watch()
    raw.send(TEXT, text[:10], fin=False)
    raw.send(CONT, text[10:20], fin=False)
    raw.send(PING, b"now")
    raw.send(CONT, text[20:])
    assert raw.read() == (PONG, b"now")
    assert answer(raw) == (TEXT, True)


def test_a_character_cut_in_two_by_a_fragment(raw):
    """Fragments may cut a character; what counts is the whole message."""
    data = json.dumps({"t": "mood.ä", "id": str(uuid.uuid4()), "d": {}}, ensure_ascii=False).encode()
    cut = data.index("ä".encode()) + 1
    raw.send(TEXT, data[:cut], fin=False)
    raw.send(CONT, data[cut:])
    opcode, payload = raw.read()
    assert opcode == TEXT
    assert b'"/problems/invalid"' in payload


def test_frames_byte_by_byte(raw):
    """A frame that arrives in single bytes is understood."""
    text = watch()
    head = bytes((0x80 | TEXT, 0x80 | len(text))) if len(text) < 126 else None
    assert head is not None
    for byte in head + b"\0\0\0\0" + text:
        raw.send_bytes(bytes((byte,)))
    assert answer(raw) == (TEXT, True)


def test_many_frames_in_one_packet(raw):
    """Several frames that arrive at once are served in their order."""
    ids = [str(uuid.uuid4()) for _ in range(10)]
    packet = b""
    for one in ids:
        text = WATCH % one.encode()
        packet += bytes((0x80 | TEXT, 0x80 | len(text))) + b"\0\0\0\0" + text
    raw.send_bytes(packet)
    assert [raw.read()[1].split(b'"')[3].decode() for _ in ids] == ids


@pytest.mark.parametrize("payload", [b"", b"x" * 125])
def test_pings_are_answered(raw, payload):
    """A ping is answered with a pong of the same bytes."""
    raw.send(PING, payload)
    assert raw.read() == (PONG, payload)


def test_unasked_pongs_are_ignored(raw):
    """A pong that nobody asked for changes nothing."""
    raw.send(PONG, b"hello")
    raw.send(TEXT, watch())
    assert answer(raw) == (TEXT, True)


@pytest.mark.parametrize("code", [1000, 1001, 3000, 4999])
def test_a_close_is_answered(raw, code):
    """A close frame is answered with its code, and the connection ends."""
    raw.send(CLOSE, code.to_bytes(2) + b"bye")
    opcode, payload = raw.read()
    assert (opcode, int.from_bytes(payload[:2])) == (CLOSE, code)
    assert raw.is_over()


WRONG = {
    "unmasked": (lambda raw: raw.send(TEXT, b"{}", masked=False), 1002),
    "reserved bit": (lambda raw: raw.send(TEXT, b"{}", rsv=4), 1002),
    "unknown opcode": (lambda raw: raw.send(0x3, b"{}"), 1002),
    "unknown control opcode": (lambda raw: raw.send(0xB, b""), 1002),
    "fragmented ping": (lambda raw: raw.send(PING, b"", fin=False), 1002),
    "long ping": (lambda raw: raw.send(PING, b"x" * 126), 1002),
    "continuation of nothing": (lambda raw: raw.send(CONT, b"{}"), 1002),
    "a text inside a text": (lambda raw: (raw.send(TEXT, b"{", fin=False), raw.send(TEXT, b"}")), 1002),
    "close of one byte": (lambda raw: raw.send(CLOSE, b"\x03"), 1002),
    "close with a forbidden code": (lambda raw: raw.send(CLOSE, (1005).to_bytes(2)), 1002),
    "close with a reason that is not UTF-8": (lambda raw: raw.send(CLOSE, (1000).to_bytes(2) + b"\xff"), 1007),
    "text that is not UTF-8": (lambda raw: raw.send(TEXT, b'{"t":"\xff"}'), 1007),
    "a lone surrogate": (lambda raw: raw.send(TEXT, b'{"t":"\xed\xa0\x80"}'), 1007),
    "a cut character at the end": (lambda raw: raw.send(TEXT, b'{"t":"\xc3'), 1007),
    "one byte over 64 KiB": (lambda raw: raw.send(TEXT, b"x" * (64 * 1024 + 1)), 1009),
    "over 64 KiB in fragments": (
        lambda raw: [raw.send(TEXT if n == 0 else CONT, b"x" * 30_000, fin=False) for n in range(3)],
        1009,
    ),
    "an announced terabyte": (lambda raw: raw.send_bytes(b"\x81\xff\x00\x00\x01\x00\x00\x00\x00\x00\0\0\0\0"), 1009),
    "binary": (lambda raw: raw.send(BINARY, b"{}"), 4400),
    "no JSON": (lambda raw: raw.send(TEXT, b"hello"), 4400),
    "JSON that is 10,000 deep": (lambda raw: raw.send(TEXT, b"[" * 10_000 + b"]" * 10_000), 4400),
    "objects that are 10,000 deep": (lambda raw: raw.send(TEXT, b'{"d":' * 10_000 + b"1" + b"}" * 10_000), 4400),
    "a second hello": (
        lambda raw: raw.send_json("hello", {"party": str(uuid.uuid4()), "cursors": {}}, str(uuid.uuid4())),
        4400,
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_gets_its_code(raw, bystander, case):
    """Each violation closes that connection with the documented code; somebody else's goes on."""
    act, code = WRONG[case]
    act(raw)
    assert raw.close_code() == code
    assert bystander.request("sync", {"cursors": {}})["ok"]


def test_the_largest_frame_is_read(raw):
    """A frame of exactly 64 KiB is read, and refused for what is in it."""
    frame = {"conv": LOBBY, "after": [1, 0], "kind": "text", "body": ""}
    start = json.dumps({"t": "msg.send", "id": str(uuid.uuid4()), "d": frame}).encode().removesuffix(b'"}}')
    raw.send(TEXT, start + b"x" * (64 * 1024 - len(start) - 3) + b'"}}')
    opcode, payload = raw.read()
    assert opcode == TEXT
    assert b'"pointer":"/d/body"' in payload


def test_a_client_that_hangs_up_is_gone(parley, raw, bystander, ann):
    """A connection that ends without a close frame harms nobody."""
    raw.end()
    assert bystander.say(LOBBY, "still here")["seq"] > 0


def test_deflate_is_not_negotiated(parley, ann):
    """An offered compression is not taken: it would cost each member its own bytes and its own memory."""
    cookies = "; ".join(f"{name}={value}" for name, value in ann.http.cookies.items())
    offer = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}
    connection = RawWebSocket(parley.url, {"Cookie": cookies, "Origin": parley.url} | offer)
    assert connection.status == 101
    assert "permessage-deflate" not in connection.answer
    connection.end()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec-WebSocket-Version": "12"}, 400),
        ({"Sec-WebSocket-Key": "x"}, 400),
    ],
)
def test_wrong_upgrades(parley, ann, headers, status):
    """A foreign page and a broken handshake are answered with their HTTP status."""
    cookies = "; ".join(f"{name}={value}" for name, value in ann.http.cookies.items())
    connection = RawWebSocket(parley.url, {"Cookie": cookies, "Origin": parley.url} | headers)
    assert connection.status == status
    connection.end()


def test_no_common_subprotocol_over_the_wire(parley, ann):
    """A client that offers nothing we speak is let in and closed with 4406."""
    cookies = "; ".join(f"{name}={value}" for name, value in ann.http.cookies.items())
    connection = RawWebSocket(parley.url, {"Cookie": cookies, "Origin": parley.url}, subprotocol=None)
    assert (connection.status, connection.close_code()) == (101, 4406)
    connection.end()
