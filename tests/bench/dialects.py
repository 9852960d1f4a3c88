"""The two things the generator can talk to: Parley, and the naive loop that it is compared with.

Both deliver the same text: a `msg` frame with a body of 200 bytes. Parley is sent a `msg.send` and makes the frame; the
naive server is sent the finished frame and repeats it, without knowing who anybody is and without storing anything.
"""

import json
import uuid
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

LOBBY = "00000000-0000-7000-8000-000000000001"
_EPOCH = 1

Json = dict[str, Any]


class Sent(NamedTuple):
    """What was sent, to check what is received, and when."""

    body: str
    sender: str
    at: float


class Dialect(Protocol):
    """What the generator has to say and to expect."""

    entries_are_numbered: bool
    """Whether the server numbers the entries and confirms each to its sender."""

    def headers(self, socket: int) -> Sequence[str]:
        """What this socket adds to the upgrade."""

    def greeting(self) -> bytes | None:
        """The first frame; None if the server expects none."""

    def sender(self, socket: int) -> str:
        """Whom the entries of this socket come from."""

    def compose(self, request: str, conv: str, socket: int, body: str, seq: int) -> bytes:
        """The frame that makes the server deliver `body` in `conv`; `seq` is the newest entry that was seen there."""


class Parley:
    """The product: signed in by token, `hello` first."""

    entries_are_numbered = True

    def __init__(self, tokens: Sequence[str], users: Sequence[str]) -> None:
        self._tokens, self._users = tokens, users

    def headers(self, socket: int) -> Sequence[str]:
        token = self._tokens[socket % len(self._tokens)]
        return f"Authorization: Bearer {token}", "Sec-WebSocket-Protocol: chat.v1.json"

    def greeting(self) -> bytes | None:
        return _encode({"t": "hello", "id": str(uuid.uuid4()), "d": {"party": str(uuid.uuid4()), "cursors": {}}})

    def sender(self, socket: int) -> str:
        return self._users[socket % len(self._users)]

    def compose(self, request: str, conv: str, socket: int, body: str, seq: int) -> bytes:
        data = {"conv": conv, "after": [_EPOCH, seq], "kind": "text", "body": body}
        return _encode({"t": "msg.send", "id": request, "d": data})


class Naive:
    """The loop: no greeting, and what is sent is what everybody gets."""

    entries_are_numbered = False
    _USER = "00000000-0000-7000-8000-00000000000a"

    def headers(self, socket: int) -> Sequence[str]:
        return ()

    def greeting(self) -> bytes | None:
        return None

    def sender(self, socket: int) -> str:
        return self._USER

    def compose(self, request: str, conv: str, socket: int, body: str, seq: int) -> bytes:
        place = {"conv": conv, "epoch": _EPOCH, "seq": seq + 1, "id": request, "from": self._USER, "kind": "text"}
        return _encode({"t": "msg", "d": {**place, "at": "2026-01-01T00:00:00.000Z", "body": body}})


class NaiveRooms(Naive):
    """The same loop with several rooms: a header says which one a socket is in."""

    def __init__(self, room_of: Callable[[int], str]) -> None:
        self._room_of = room_of

    def headers(self, socket: int) -> Sequence[str]:
        return (f"X-Room: {self._room_of(socket)}",)


def _encode(document: Json) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
