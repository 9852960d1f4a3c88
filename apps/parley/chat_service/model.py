"""The numbers and words of the socket, without I/O."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Literal, NamedTuple

Status = Literal["active", "idle", "offline"]

RANK: Mapping[Status, int] = {"offline": 0, "idle": 1, "active": 2}
"""A person is as present as the most present of their windows."""

HELLO_WITHIN_S = 5.0
"""How long a connection may be silent before its `hello`."""

PING_EVERY_S = 25.0
"""How often a client is asked for a sign of life, give or take a tenth; proxies cut off what is idle for a minute."""

MISSED_PINGS = 2
"""So many pings without any frame since, and the connection is given up."""

CONNECTIONS_PER_USER = 10
"""Windows of one person; the oldest is closed for the eleventh."""

QUEUED_FRAMES = 256
"""Frames that may wait for one slow socket."""

QUEUED_BYTES = 1024 * 1024
"""Bytes that may wait for one slow socket."""

STALLED_AFTER_S = 20.0
"""A socket that takes nothing for so long is closed."""

MAX_HEADS = 1_000
"""Conversations that one `hello` is answered with."""

REPLAY_PER_CONVERSATION = 200
"""Missed entries of one conversation that are sent after `hello` or `sync`."""

REPLAY_IN_TOTAL = 1_000
"""Missed entries of all conversations that are sent after `hello` or `sync`."""

TYPING_EVERY_S = 3.0
"""A window tells at most this often that somebody is typing; more often is ignored."""


class CloseCode(IntEnum):
    """Why the server closes a connection: 4000 and the HTTP status that says the same, or a code of RFC 6455.

    A client gives up after PROTOCOL_ERROR, NO_SUBPROTOCOL, SIGNED_OUT and REPLACED, and reconnects after the others.
    The layer below closes with 1002 (not RFC 6455), 1007 (text that is not UTF-8) and 1009 (a frame over 64 KiB).
    """

    INTERNAL_ERROR = 1011
    RESTART = 1012
    PROTOCOL_ERROR = 4400
    SIGNED_OUT = 4401
    NO_SUBPROTOCOL = 4406
    HEARTBEAT_LOST = 4408
    REPLACED = 4409
    TOO_SLOW = 4413
    RATE_ABUSE = 4429


class Party(NamedTuple):
    """One open window of one person, and whether they are at it."""

    user: str
    party: str
    status: Status


class Change(NamedTuple):
    """A person's presence over all their windows has become this."""

    user: str
    status: Status


class Seen(NamedTuple):
    """A person's presence, and since when: milliseconds since 1970 UTC, None if they were never seen."""

    status: Status
    since_ms: int | None
