"""The ports of this service alone; what it shares with others lies with the nouns.

`parley.identity.port.Sessions` and `Accounts`, `parley.conversations.port.Membership`, `parley.fanout.port.Fanout`,
`parley.ratelimits.port.RateLimits`, `parley.endedcalls.port.EndedCalls`,
`parley.idempotency.port.Idempotency`, `parley.turn.ring.RingSource`.
"""

from collections.abc import Sequence
from typing import Protocol

from parley.rtc_service.model import Session


class RtcSessions(Protocol):
    """The sessions, each until nobody has written to it for as long as the store was opened with.

    Guarantee: of any number of changes to the same session as it was read, one is made. Every method but `check` raises
    SessionsUnavailable while the engine does not answer; a change may then have been made or not.
    """

    async def create(self, session: Session, most: int) -> int:
        """Keep a new session: 0 if the initiator had less than `most` open ones.

        Else nothing is kept, and the answer is after how many milliseconds (≥ 1) one of those ends by itself.
        """

    async def find(self, session_id: str) -> Session | None:
        """The session as it is now with what is left of its life, or None if there is none any more."""

    async def replace(self, old: Session, new: Session) -> bool:
        """Put `new`, of a higher `rev`, in the place of `old` with a whole life; False if that is no longer there."""

    async def prolong(self, session: Session) -> bool:
        """Give it a whole life, whatever became of it since it was read; False if it is over."""

    async def end(self, session: Session) -> bool:
        """End it. True for exactly one caller; False if it was over."""

    async def of_call(self, call: str) -> Sequence[Session]:
        """Every session of this call that is not over, in no order."""

    async def check(self) -> None:
        """Return when sessions are kept. Raises ConfigurationError when they never will be as it is configured."""
