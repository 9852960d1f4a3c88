"""WebSocket frames and the upgrade as the generator needs them: text frames out, whole frames in, no extensions."""

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

TEXT = 0x81
_KEY, _ACCEPT = "dGhlIHNhbXBsZSBub25jZQ==", b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

UPGRADED = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: " + _ACCEPT + b"\r\n\r\n"
)
"""The answer to that one key."""


class Frame(NamedTuple):
    """`raw` is the frame as it came, `payload` what it carries, `end` where the next one starts."""

    first: int
    raw: bytes
    payload: bytes
    end: int


def upgrade(port: int, headers: Sequence[str]) -> bytes:
    """The request that opens a WebSocket at /ws."""
    lines = (
        "GET /ws HTTP/1.1",
        f"Host: localhost:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {_KEY}",
        "Sec-WebSocket-Version: 13",
        *headers,
    )
    return "\r\n".join((*lines, "", "")).encode()


def after_upgrade(data: bytes) -> bytes | None:
    """What follows the answer to the upgrade; None while the answer is not complete."""
    head, found, rest = data.partition(b"\r\n\r\n")
    if not found:
        return None
    if not head.startswith(b"HTTP/1.1 101") or _ACCEPT not in head:
        raise ConnectionError(f"the upgrade was answered with {head[:80]!r}")
    return rest


def text(payload: bytes) -> bytes:
    """A masked text frame, as a client must send it."""
    size, key = len(payload), os.urandom(4)
    head = bytes((TEXT, 0x80 | size)) if size < 126 else bytes((TEXT, 0x80 | 126)) + size.to_bytes(2, "big")
    return head + key + _masked(payload, key)


def from_client(frame: bytes) -> bytes:
    """A client's text frame of 126 bytes or more, as a server sends it on: without its mask."""
    size = int.from_bytes(frame[2:4], "big")
    if len(frame) != 8 + size:
        raise ConnectionError("not one frame")
    return bytes((TEXT, 126)) + frame[2:4] + _masked(frame[8:], frame[4:8])


def frames(data: bytes) -> Iterator[Frame]:
    """Every whole frame in `data`, from its start."""
    at = 0
    while (frame := _frame(data, at)) is not None:
        yield frame
        at = frame.end


def _masked(payload: bytes, key: bytes) -> bytes:
    size = len(payload)
    mask = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "little") ^ int.from_bytes(mask, "little")).to_bytes(size, "little")


def _frame(data: bytes, at: int) -> Frame | None:
    if len(data) < at + 2:
        return None
    size, start = data[at + 1], at + 2
    if size >= 126:
        start += 2 if size == 126 else 8
        size = int.from_bytes(data[at + 2 : start], "big")
    end = start + size
    return Frame(data[at], data[at:end], data[start:end], end) if end <= len(data) else None
