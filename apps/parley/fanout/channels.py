"""The names of the channels, and the payloads on them.

`c:<conversation>` carries entries and notices of one conversation, `u:<account>` what concerns one person,
`p:<account>` that person's presence, `w:<rtc session>` that somebody wrote to that session, `auth.revoked` sessions
that were ended.
"""

import struct
from typing import NamedTuple

REVOKED = "auth.revoked"
"""Payload: the device id as text; whoever holds a socket of that device closes it."""

_HEADER = struct.Struct(">BIQ")
_ENTRY, _NOTICE = 1, 0


def conversation(conv: str) -> str:
    """The channel of one conversation."""
    return f"c:{conv}"


def account(user: str) -> str:
    """The channel of what concerns one person."""
    return f"u:{user}"


def presence(user: str) -> str:
    """The channel of one person's presence."""
    return f"p:{user}"


def rtc_session(session_id: str) -> str:
    """The channel of one rtc session, for whoever waits for it to change; its payloads say nothing."""
    return f"w:{session_id}"


class Published(NamedTuple):
    """A payload on a conversation's or account's channel.

    `frame` is the whole JSON text of a server frame, ready to be sent to every member. For an entry of the log `epoch`
    and `seq` place it; for a notice both are 0.
    """

    epoch: int
    seq: int
    frame: bytes

    @property
    def is_entry(self) -> bool:
        """Whether this is an entry of the log, which must be delivered in order and without holes."""
        return self.seq > 0


def pack(published: Published) -> bytes:
    """The bytes to publish: a fixed header, then the frame as it goes out."""
    kind = _ENTRY if published.is_entry else _NOTICE
    return _HEADER.pack(kind, published.epoch, published.seq) + published.frame


def unpack(payload: bytes) -> Published:
    """The inverse of `pack`. Raises ValueError for bytes that `pack` did not make."""
    if len(payload) < _HEADER.size:
        raise ValueError("shorter than its header")
    kind, epoch, seq = _HEADER.unpack_from(payload)
    if kind not in (_ENTRY, _NOTICE):
        raise ValueError(f"unknown kind {kind}")
    return Published(epoch, seq, payload[_HEADER.size :])
