"""What can be asked of the calls of a conversation. `claim` is what the person holds while they try to join."""

from typing import NamedTuple

from parley.chat_service.calls.model import RINGS_MS, Media


class Invite(NamedTuple):
    """Begin a call, or join the one that there is. `busy` are those who hold another call, `others` all to be called.

    `id` is the invitation's and becomes the call's; `after` is where the log stands now, epoch and sequence. Nobody is
    rung for longer than `rings_ms`.
    """

    id: str
    conv: str
    user: str
    party: str
    claim: str
    media: Media
    others: tuple[str, ...]
    busy: frozenset[str]
    after: tuple[int, int]
    rings_ms: int = RINGS_MS
    session: str = ""


class Accept(NamedTuple):
    """Join a call, for the first time or again."""

    call: str
    user: str
    party: str
    claim: str


class Decline(NamedTuple):
    """Refuse a call on all of the person's windows; `is_busy` says that they are talking elsewhere."""

    call: str
    user: str
    is_busy: bool = False


class End(NamedTuple):
    """Leave a call, or refuse it; `has_failed` says that no picture or sound came through."""

    call: str
    user: str
    party: str
    has_failed: bool = False


class Ring(NamedTuple):
    """The call rings at one of the person's windows."""

    call: str
    user: str


class Renew(NamedTuple):
    """The window that joined with this claim is here; without another sign it is gone in so many milliseconds."""

    user: str
    party: str
    claim: str
    lasts_ms: int


class Leave(NamedTuple):
    """The window has gone for good: whichever call it has joined, the person has left."""

    user: str
    party: str


class Look(NamedTuple):
    """Time has passed."""


class Recorded(NamedTuple):
    """The log has the entry of this call."""

    call: str


class Rebase(NamedTuple):
    """The log cannot take the entry of this call from where it stood; it shall go behind this place."""

    call: str
    after: tuple[int, int]


Command = Invite | Accept | Decline | End | Ring | Renew | Leave | Look | Recorded | Rebase
