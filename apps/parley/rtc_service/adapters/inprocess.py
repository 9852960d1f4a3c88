"""Sessions in this process's memory."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from parley.rtc_service.model import Session

_FEW = 1_000


@dataclass
class _Kept:
    session: Session
    until: float


class InProcessRtcSessions:
    """See the port; `life_s` is how long a session lasts, `clock` gives seconds and never goes back."""

    def __init__(self, life_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._life_s, self._clock = life_s, clock
        self._kept: dict[str, _Kept] = {}
        self._by_owner: dict[str, set[str]] = {}
        self._by_call: dict[str, set[str]] = {}
        self._look_at = _FEW

    async def create(self, session: Session, most: int) -> int:
        """See the port."""
        owner, now = session.initiator.account, self._clock()
        open_until = sorted(kept.until for kept in self._of(self._by_owner, owner))
        if len(open_until) >= most:
            return max(1, round((open_until[0] - now) * 1000))
        self._forget()
        self._kept[session.id] = _Kept(session, now + self._life_s)
        self._by_owner.setdefault(owner, set()).add(session.id)
        if session.call is not None:
            self._by_call.setdefault(session.call, set()).add(session.id)
        return 0

    async def find(self, session_id: str) -> Session | None:
        """See the port."""
        kept = self._current(session_id)
        return None if kept is None else self._aged(kept)

    async def replace(self, old: Session, new: Session) -> bool:
        """See the port."""
        kept = self._current(old.id)
        if kept is None or kept.session.rev != old.rev:
            return False
        kept.session, kept.until = new, self._clock() + self._life_s
        return True

    async def prolong(self, session: Session) -> bool:
        """See the port."""
        kept = self._current(session.id)
        if kept is None:
            return False
        kept.until = self._clock() + self._life_s
        return True

    async def end(self, session: Session) -> bool:
        """See the port."""
        kept = self._current(session.id)
        if kept is not None:
            self._drop(kept.session)
        return kept is not None

    async def of_call(self, call: str) -> Sequence[Session]:
        """See the port."""
        return [self._aged(kept) for kept in self._of(self._by_call, call)]

    async def check(self) -> None:
        """See the port."""

    def _current(self, session_id: str) -> _Kept | None:
        kept = self._kept.get(session_id)
        if kept is not None and kept.until <= self._clock():
            self._drop(kept.session)
            return None
        return kept

    def _aged(self, kept: _Kept) -> Session:
        return replace(kept.session, left_ms=round((kept.until - self._clock()) * 1000))

    def _of(self, index: dict[str, set[str]], name: str) -> Sequence[_Kept]:
        found = (self._current(session_id) for session_id in tuple(index.get(name, ())))
        return [kept for kept in found if kept is not None]

    def _drop(self, session: Session) -> None:
        del self._kept[session.id]
        names = ((self._by_owner, session.initiator.account), (self._by_call, session.call))
        for index, name in names:
            if name is not None:
                index[name].discard(session.id)
                if not index[name]:
                    del index[name]

    def _forget(self) -> None:
        # Looked through whenever the number has doubled, so that each session is looked at a few times only.
        if len(self._kept) >= self._look_at:
            for session_id in tuple(self._kept):
                self._current(session_id)
            self._look_at = max(_FEW, 2 * len(self._kept))
