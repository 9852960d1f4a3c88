"""What the server says on the socket: every reply and push, as the bytes of its JSON text.

Whoever publishes encodes, once; the bytes then travel through the fan-out and onto every member's socket as they are.
The other direction is `client_frames.py`. `examples/` holds one golden frame of each kind.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

import msgspec

from parley.contracts.problems import ProblemError
from parley.messages.model import Entry

SUBPROTOCOL = "chat.v1.json"
"""The name of this language in the WebSocket handshake."""

Change = Literal["added", "removed", "updated"]

PING = b'{"t":"ping","d":{}}'
"""Asks the client for any frame."""

SYNCED = b'{"t":"synced","d":{}}'
"""The replay after `hello` is over; what follows is live."""

_encode = msgspec.json.Encoder().encode


class Place(NamedTuple):
    """Where a conversation stands, as a client is told: its newest entry, and how far the person has read."""

    conv: str
    epoch: int
    head: int
    read: int


def entry_document(entry: Entry) -> dict[str, Any]:
    """An entry as JSON members, the same in REST answers and in `msg` frames; what is not set is left out."""
    document: dict[str, Any] = {
        "conv": entry.conv,
        "epoch": entry.epoch,
        "seq": entry.seq,
        "id": entry.id,
        "from": entry.sender,
        "kind": entry.kind,
        "at": rfc3339(entry.at_ms),
    }
    optional = (("body", entry.body), ("meta", entry.meta), ("reply_to", entry.reply_to))
    document.update((name, value) for name, value in optional if value is not None)
    return document


def rfc3339(at_ms: int) -> str:
    """Milliseconds since 1970 as an RFC 3339 time in UTC."""
    seconds, ms = divmod(at_ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{ms:03d}Z"


def message(entry: Entry) -> bytes:
    """`msg`: one entry of a log."""
    return _push("msg", entry_document(entry))


def read_mark(conv: str, user: str, seq: int) -> bytes:
    """`read`: how far this person has read."""
    return _push("read", {"conv": conv, "user": user, "seq": seq})


def typing(conv: str, user: str) -> bytes:
    """`typing`: this person is typing there."""
    return _push("typing", {"conv": conv, "user": user})


def presence(user: str, status: str) -> bytes:
    """`presence`: this person's aggregate has changed."""
    return _push("presence", {"user": user, "status": status})


def conversation_changed(conv: str, change: Change) -> bytes:
    """`conv`: the list of conversations, or what is shown of one of them, has changed."""
    return _push("conv", {"conv": conv, "change": change})


def call(verb: str, snapshot: Mapping[str, Any]) -> bytes:
    """`call.*`: how a call stands. The verb only says what has just happened; `snapshot` is the whole truth."""
    return _push(f"call.{verb}", snapshot)


def rtc_changed(session: str, rev: int, sender: str, call: str | None, *, is_gone: bool = False) -> bytes:
    """`rtc`: this person has changed an rtc session, which is to be read again, or has ended it."""
    data: dict[str, Any] = {"session": session, "rev": rev, "from": sender}
    if call is not None:
        data["call"] = call
    if is_gone:
        data["gone"] = True
    return _push("rtc", data)


def behind(places: Iterable[Place]) -> bytes:
    """`behind`: there is more in these conversations than was sent."""
    return _push("behind", {"convs": [place._asdict() for place in places]})


def bye(reason: str, reconnect_ms: int) -> bytes:
    """`bye`: this connection will be closed; connect again after that many milliseconds."""
    return _push("bye", {"reason": reason, "reconnect_ms": reconnect_ms})


def reply(request: str, data: Mapping[str, Any]) -> bytes:
    """The request was done; `data` is what its kind answers."""
    return _encode({"re": request, "ok": True, "d": data})


def refusal(request: str, problem: ProblemError) -> bytes:
    """The request was not done, and why."""
    return _encode({"re": request, "ok": False, "err": problem.document()})


def _push(kind: str, data: Mapping[str, Any]) -> bytes:
    return _encode({"t": kind, "d": data})
