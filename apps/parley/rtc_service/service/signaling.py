"""What each call does with a session: may the caller, is it well-formed, change it, tell the others.

A change is a pure function (`session.py`) over the session as it was read. The store puts the result in its place
unless somebody else was faster; then it is made anew over what they left. Next: `waiting.py`, how a reader waits.
"""

import re
import secrets
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from parley.contracts.problems import ProblemError
from parley.conversations.model import Conversation
from parley.endedcalls.port import EndedCalls
from parley.identity.model import Caller
from parley.identity.port import Accounts
from parley.ratelimits.port import Rate, RateLimits
from parley.rtc_service.errors import (
    CallEnded,
    InvalidDescription,
    NotYou,
    TooManySessions,
    UnknownPeer,
    UnknownSession,
)
from parley.rtc_service.model import OPEN_SESSIONS, NewCandidate, Participant, Session
from parley.rtc_service.ports import RtcSessions
from parley.rtc_service.sdp import fault_in
from parley.rtc_service.service.access import Access, participant
from parley.rtc_service.service.nudging import Nudging
from parley.rtc_service.service.waiting import Place
from parley.rtc_service.session import (
    Condition,
    with_answer,
    with_candidates,
    with_offer,
    with_sign_of_life,
)

WRITING = Rate(per_second=0.5, burst=60)
"""How often one person may write to one session: 30 times a minute, and twice that at the start, when a client that
sends each candidate by itself has them all at once."""

_ID = re.compile(r"[A-Za-z0-9_-]{22}")
_Change = Callable[[Session], Session]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a new session is to be like. Addresses are as the body has them."""

    initiator: str
    peer: str | None
    conversation: str | None
    call: str | None


@dataclass(frozen=True)
class Known:
    """What a reader has seen: revisions by entity tag, and the index of the next candidate."""

    revs: Collection[int] = ()
    next: int | None = None

    def has_all_of(self, session: Session) -> bool:
        """Whether the session holds nothing new, as far as the reader has said."""
        if self.revs:
            return session.rev in self.revs
        return self.next is None or session.next <= self.next


class SignalingService:
    """Each method acts for one signed-in caller; a session that they have no part in raises UnknownSession."""

    def __init__(
        self,
        *,
        sessions: RtcSessions,
        accounts: Accounts,
        ended: EndedCalls,
        access: Access,
        nudging: Nudging,
        limits: RateLimits,
        life_s: float,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._sessions, self._accounts, self._ended, self._access = sessions, accounts, ended, access
        self._nudging, self._limits, self._life_ms, self._wall = nudging, limits, round(life_s * 1000), wall
        self.opened = self.ended = 0
        """Sessions that were made here, and that somebody has ended here."""

    async def create(self, caller: Caller, wanted: Wanted) -> Session:
        """A new session. Raises NotYou, UnknownConversation, UnknownPeer, CallEnded and TooManySessions."""
        self.speaks_for(caller, "initiator", wanted.initiator)
        conversation = None
        if wanted.conversation is not None:
            conversation = await self._access.conversation(wanted.conversation, caller)
        session = Session(
            id=secrets.token_urlsafe(16),
            initiator=participant(caller),
            peer=await self._peer(caller, wanted.peer, conversation),
            conversation=wanted.conversation,
            call=wanted.call,
            created_ms=round(self._wall() * 1000),
            left_ms=self._life_ms,
        )
        await self._refuse_if_over(session)
        wait_ms = await self._sessions.create(session, OPEN_SESSIONS)
        if wait_ms:
            raise TooManySessions(OPEN_SESSIONS, wait_ms)
        self.opened += 1
        await self._nudging.tell(session, caller)
        return session

    async def read(self, caller: Caller, session_id: str) -> Session:
        """The session as it stands."""
        found = await self._sessions.find(session_id) if _ID.fullmatch(session_id) else None
        return await self._access.admit(found, caller)

    async def await_news(self, caller: Caller, place: Place, known: Known, began: Session, wait_s: float) -> bool:
        """Return at the end of the wait: whether there may be something new since `began`."""
        session = await self.read(caller, began.id)
        is_new = session.rev != began.rev or not known.has_all_of(session)
        return is_new or await place.wait(wait_s)

    async def of_call(self, caller: Caller, call: str) -> Sequence[Session]:
        """The sessions of a call that the caller has a part in."""
        admitted = []
        for session in await self._sessions.of_call(call):
            try:
                admitted.append(await self._access.admit(session, caller))
            except UnknownSession:
                continue
        return sorted(admitted, key=lambda it: (it.created_ms, it.id))

    async def end(self, caller: Caller, session_id: str) -> None:
        """End it for both. Raises UnknownSession for whoever comes second."""
        session = await self.read(caller, session_id)
        if not await self._sessions.end(session):
            raise UnknownSession
        self.ended += 1
        await self._nudging.tell(replace(session, rev=session.rev + 1), caller, is_gone=True)

    async def offer(self, caller: Caller, session_id: str, sender: str, sdp: str, condition: Condition) -> Session:
        """Put an offer. Raises NotYou, InvalidDescription, CallEnded and OfferChanged."""
        by = participant(caller)
        return await self._write(caller, session_id, sender, lambda it: with_offer(it, by, sdp, condition), sdp)

    async def answer(self, caller: Caller, session_id: str, sender: str, sdp: str, answer_to: int | None) -> Session:
        """Put an answer. Raises NotYou, InvalidDescription, CallEnded and StaleOffer."""
        by = participant(caller)
        return await self._write(caller, session_id, sender, lambda it: with_answer(it, by, sdp, answer_to), sdp)

    async def candidates(self, caller: Caller, session_id: str, sender: str, found: Sequence[NewCandidate]) -> Session:
        """Add candidates, all or none. Raises NotYou, CandidateTooLarge and TooManyCandidates."""
        by = participant(caller)
        return await self._write(caller, session_id, sender, lambda it: with_candidates(it, by, found))

    async def keep_alive(self, caller: Caller, session_id: str) -> Session:
        """Give the session a whole life. Raises CallEnded."""
        session = await self.read(caller, session_id)
        await self._refuse_if_over(session)
        by = participant(caller)
        return await self._change(caller, session, lambda it: with_sign_of_life(it, by))

    @staticmethod
    def speaks_for(caller: Caller, member: str, address: str) -> None:
        """Raises NotYou unless the address is the caller's own."""
        if address.strip().lower() != caller.account.email:
            raise NotYou(member)

    async def _write(
        self, caller: Caller, session_id: str, sender: str, change: _Change, sdp: str | None = None
    ) -> Session:
        session = await self.read(caller, session_id)
        self.speaks_for(caller, "from", sender)
        fault = None if sdp is None else fault_in(sdp)
        if fault is not None:
            raise InvalidDescription(fault)
        if sdp is not None:
            await self._refuse_if_over(session)
        wait_ms = await self._limits.take(f"rtc:{caller.account.id}:{session_id}", WRITING)
        if wait_ms:
            raise ProblemError("rate-limited", retry_after_ms=wait_ms)
        return await self._change(caller, session, change)

    async def _refuse_if_over(self, session: Session) -> None:
        if session.call is not None and await self._ended.has(session.call):
            raise CallEnded

    async def _change(self, caller: Caller, session: Session, change: _Change) -> Session:
        """Make the change over whatever the session is now."""
        while True:
            changed = change(session)
            if changed is session:
                if await self._sessions.prolong(session):
                    return replace(session, left_ms=self._life_ms)
            elif await self._sessions.replace(session, changed):
                changed = replace(changed, left_ms=self._life_ms)
                await self._nudging.tell(changed, caller)
                return changed
            session = await self.read(caller, session.id)

    async def _peer(self, caller: Caller, address: str | None, conversation: Conversation | None) -> Participant | None:
        if address is None:
            return None
        if address.strip().lower() == caller.account.email:
            raise UnknownPeer("Name somebody else.")
        found = await self._accounts.lookup([address.strip().lower()])
        if not found:
            raise UnknownPeer("There is no such person.")
        if conversation is not None and not conversation.has(found[0].id):
            raise UnknownPeer("This person is not in the conversation.")
        return Participant(found[0].id, found[0].email)
