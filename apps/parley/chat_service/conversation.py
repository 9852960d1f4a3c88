"""The rules of one socket, without a socket or a clock: what each frame, and each moment of silence, leads to.

Takes events with their time in seconds, returns effects. Next: `gateway.py`, which performs them.
"""

import math
from dataclasses import dataclass

from parley.chat_service.model import MISSED_PINGS, PING_EVERY_S, TYPING_EVERY_S, CloseCode
from parley.contracts.client_frames import (
    ClientFrame,
    Hello,
    InvalidFrame,
    MalformedFrame,
    Pong,
    Request,
    Typing,
    decode,
)
from parley.contracts.problems import ProblemError
from parley.ratelimits.port import Rate

FRAMES = Rate(per_second=20, burst=40)
"""What one connection may send."""

VIOLATIONS = 3
"""So many refusals for their number within VIOLATIONS_WITHIN_S, and the connection is closed."""

VIOLATIONS_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Serve:
    """Carry the frame out; answer it if it is a request."""

    frame: ClientFrame


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer the request with a problem."""

    request: str
    problem: ProblemError


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection."""

    code: CloseCode
    reason: str


@dataclass(frozen=True, slots=True)
class Ping:
    """Ask for a sign of life."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing is to be done."""


Effect = Serve | Refuse | Close | Ping | Nothing

NOTHING = Nothing()
_NOT_A_FRAME = Close(CloseCode.PROTOCOL_ERROR, "not a frame of chat.v1.json")
_HELLO_FIRST = Close(CloseCode.PROTOCOL_ERROR, "the first frame must be hello")
_HELLO_TWICE = Close(CloseCode.PROTOCOL_ERROR, "hello comes once")
_TOO_MANY = Close(CloseCode.RATE_ABUSE, "too many frames")


class Conversation:
    """What has been said on one socket, as far as it matters for what may be said next.

    `offset` in [-1, 1] moves the pings of this connection, so that those of many do not fall together.
    """

    __slots__ = ("_greeted", "_level", "_level_at", "_missed", "_period", "_ping_at", "_typed", "_violations")

    def __init__(self, now: float, offset: float) -> None:
        self._greeted = False
        self._level, self._level_at = float(FRAMES.burst), now
        self._violations: tuple[float, ...] = ()
        self._typed: tuple[str, float] | None = None
        self._period = PING_EVERY_S * (1 + offset / 10)
        self._ping_at, self._missed = now + self._period, 0

    def received(self, text: str | bytes, now: float) -> Effect:
        """One text message has come."""
        self._missed = 0
        try:
            frame = decode(text)
        except MalformedFrame:
            return _NOT_A_FRAME
        except InvalidFrame as invalid:
            return self._admit(invalid.request, now) or Refuse(invalid.request, invalid.problem)
        request = frame.id if isinstance(frame, Request) else None
        return self._admit(request, now) or self._take(frame, now)

    def violated(self, now: float) -> Close | None:
        """A budget was used up by this socket; how to close it, if that was once too often."""
        self._violations = (*(at for at in self._violations if now - at < VIOLATIONS_WITHIN_S), now)
        return _TOO_MANY if len(self._violations) >= VIOLATIONS else None

    def tick(self, now: float) -> Effect:
        """Time has passed: Ping when it is due, Close when nobody has answered the pings before."""
        if now < self._ping_at:
            return NOTHING
        if self._missed >= MISSED_PINGS:
            return Close(CloseCode.HEARTBEAT_LOST, "no sign of life")
        self._missed += 1
        self._ping_at = now + self._period
        return Ping()

    def _admit(self, request: str | None, now: float) -> Effect | None:
        """None if this connection may send one more frame now, else what becomes of the frame."""
        level = min(float(FRAMES.burst), self._level + (now - self._level_at) * FRAMES.per_second)
        self._level, self._level_at = (level - 1 if level >= 1 else level), now
        if level >= 1:
            return None
        closing = self.violated(now)
        if closing or request is None:
            return closing or NOTHING
        wait_ms = math.ceil((1 - level) / FRAMES.per_second * 1000)
        return Refuse(request, ProblemError("rate-limited", retry_after_ms=wait_ms))

    def _take(self, frame: ClientFrame | None, now: float) -> Effect:
        if isinstance(frame, Hello) == self._greeted:
            return _HELLO_TWICE if self._greeted else _HELLO_FIRST
        self._greeted = True
        match frame:
            case None | Pong():
                return NOTHING
            case Typing() if not self._may_tell_typing(frame.d.conv, now):
                return NOTHING
        return Serve(frame)

    def _may_tell_typing(self, conv: str, now: float) -> bool:
        if self._typed and self._typed[0] == conv and now - self._typed[1] < TYPING_EVERY_S:
            return False
        self._typed = (conv, now)
        return True
