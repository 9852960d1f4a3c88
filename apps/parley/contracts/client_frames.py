"""What a client may send on the socket, as types, and how the bytes of a frame become one of them.

The JSON Schema beside this file says the same; a test holds the two together over golden and mutated frames. Members
that a type does not name are ignored, so that a newer client may say more. Next: `frames.py`, what we answer.
"""

import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from parley.contracts.problems import FieldError, ProblemError
from parley.messages.model import MAX_BODY

MAX_FRAME = 64 * 1024
"""Bytes of one message from a client; the layer below closes with 1009 over it."""

MAX_CURSORS = 500
"""How many conversations a `hello` or `sync` may name."""

MAX_USERS = 200
"""How many people one `presence.watch` may name."""

Id = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", max_length=36)]
Number = Annotated[int, Meta(ge=0, le=9_007_199_254_740_991)]
Position = tuple[Number, Number]
Cursors = Annotated[dict[Id, Position], Meta(max_length=MAX_CURSORS)]
Status = Literal["active", "idle", "offline"]
Reason = Literal["completed", "cancelled", "declined", "busy", "missed", "failed", "drain", "hangup"]
SessionId = Annotated[str, Meta(max_length=128)]


class HelloData(Struct, frozen=True):
    """Which running app this is, and how far it has read each conversation that it remembers."""

    party: Id
    cursors: Cursors


class SyncData(Struct, frozen=True):
    """Positions behind which the client wants what it misses."""

    cursors: Cursors


class SendData(Struct, frozen=True):
    """A text, and the client's position when its author pressed send."""

    conv: Id
    after: Position
    kind: Literal["text"]
    body: Annotated[str, Meta(min_length=1, max_length=MAX_BODY)]
    reply_to: Number | UnsetType = UNSET


class ReadData(Struct, frozen=True):
    """How far the person has read."""

    conv: Id
    seq: Number


class WatchData(Struct, frozen=True):
    """Whose presence is on screen; replaces the list before."""

    users: Annotated[list[Id], Meta(max_length=MAX_USERS)]


class TypingData(Struct, frozen=True):
    """Where the person is typing."""

    conv: Id


class SetPresenceData(Struct, frozen=True):
    """Whether the person is at this app."""

    status: Status


class InviteData(Struct, frozen=True):
    """A call to everyone in a conversation."""

    conv: Id
    media: Literal["audio", "video"]
    session: SessionId | UnsetType = UNSET


class CallData(Struct, frozen=True):
    """One call of one conversation."""

    conv: Id
    call: Id
    reason: Reason | UnsetType = UNSET


class Empty(Struct, frozen=True):
    """No members that mean anything."""


class Request(Struct, frozen=True, tag_field="t"):
    """Something with a reply. `id` is the client's, and the idempotency key."""

    id: Id


class Notice(Struct, frozen=True, tag_field="t"):
    """Something without a reply, and therefore without an id."""

    id: UnsetType = UNSET


class Hello(Request, frozen=True, tag="hello"):
    """The first frame of every connection."""

    d: HelloData


class Sync(Request, frozen=True, tag="sync"):
    """Send again what is behind these positions."""

    d: SyncData


class Send(Request, frozen=True, tag="msg.send"):
    """Post a text; `id` becomes the entry's id."""

    d: SendData


class Read(Request, frozen=True, tag="msg.read"):
    """Move the own read mark forward."""

    d: ReadData


class Watch(Request, frozen=True, tag="presence.watch"):
    """Tell the presence of these people, now and when it changes."""

    d: WatchData


class Invite(Request, frozen=True, tag="call.invite"):
    """Start a call; `id` becomes the call's id."""

    d: InviteData


class Accept(Request, frozen=True, tag="call.accept"):
    """Join a call."""

    d: CallData


class Decline(Request, frozen=True, tag="call.decline"):
    """Refuse a call."""

    d: CallData


class End(Request, frozen=True, tag="call.end"):
    """Leave a call."""

    d: CallData


class Ringing(Notice, frozen=True, tag="call.ringing", kw_only=True):
    """The call is ringing here."""

    d: CallData


class Typing(Notice, frozen=True, tag="typing", kw_only=True):
    """The person is typing."""

    d: TypingData


class SetPresence(Notice, frozen=True, tag="presence.set", kw_only=True):
    """The person is here, or away from the keyboard."""

    d: SetPresenceData


class Pong(Notice, frozen=True, tag="pong", kw_only=True):
    """The answer to a ping."""

    d: Empty


CallRequest = Invite | Accept | Decline | End
ClientFrame = Hello | Sync | Send | Read | Watch | CallRequest | Ringing | Typing | SetPresence | Pong


class MalformedFrame(Exception):
    """Not a frame: no JSON object, nested too deep, or wrong and without an id to answer to."""


class InvalidFrame(Exception):
    """A frame with an id and wrong content: `problem` is the answer to `request`."""

    def __init__(self, request: str, problem: ProblemError) -> None:
        super().__init__(request)
        self.request, self.problem = request, problem


class _Envelope(Struct):
    t: Any = UNSET
    id: Any = UNSET


_KINDS = frozenset(
    kind.__struct_config__.tag
    for kind in (Hello, Sync, Send, Read, Watch, Invite, Accept, Decline, End, Ringing, Typing, SetPresence, Pong)
)
_frame: msgspec.json.Decoder[ClientFrame] = msgspec.json.Decoder(ClientFrame)
_envelope = msgspec.json.Decoder(_Envelope)
_PATH = re.compile(r"(?P<what>.*?)(?: - at (?:`key` in )?`\$(?P<path>[^`]*)`)?", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `([^`]+)`")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def decode(text: str | bytes) -> ClientFrame | None:
    """The frame in one text message; None for a notice of a kind that we do not know, which is to be ignored.

    Raises MalformedFrame and InvalidFrame.
    """
    try:
        return _frame.decode(text)
    except msgspec.ValidationError as error:
        _explain(text, error)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise MalformedFrame from error
    return None


def _explain(text: str | bytes, error: msgspec.ValidationError) -> None:
    try:
        envelope = _envelope.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as malformed:
        raise MalformedFrame from malformed
    if isinstance(envelope.id, str) and _ID.fullmatch(envelope.id):
        raise InvalidFrame(envelope.id, ProblemError("invalid", errors=[_field_error(str(error))])) from error
    is_unknown_notice = envelope.id is UNSET and isinstance(envelope.t, str) and envelope.t not in _KINDS
    if not is_unknown_notice:
        raise MalformedFrame from error


def _field_error(message: str) -> FieldError:
    """The pointer and the sentence in a decoder's message such as "Expected `int` - at `$.d.after[0]`"."""
    found = _PATH.fullmatch(message)
    what, path = (found["what"], found["path"] or "") if found else (message, "")
    steps = [name or index for name, index in _STEP.findall(path)]
    missing = _MISSING.fullmatch(what)
    # The decoder does not say which key of a map it was; the pointer then names the map.
    known = steps[: steps.index("...")] if "..." in steps else steps
    pointer = "".join(f"/{step}" for step in (*known, *(missing.groups() if missing else ())))
    return FieldError(pointer, "A frame of this kind takes no id." if "UnsetType" in what else f"{what}.")
