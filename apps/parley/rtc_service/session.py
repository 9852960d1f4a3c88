"""How a session changes: pure functions from a session and what somebody wrote to the session that follows.

Nothing here asks who may write (`service/access.py`) or who else wrote meanwhile: the store replaces a session only as
long as it is the one that was read. A change that was made already returns the session itself, so that whatever gets
lost and is sent again, or comes twice, does no harm.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from parley.rtc_service.errors import CandidateTooLarge, OfferChanged, StaleOffer, TooManyCandidates
from parley.rtc_service.model import (
    MAX_A_SIDE,
    MAX_CANDIDATE,
    MAX_CANDIDATES,
    MAX_WRITERS,
    Candidate,
    Description,
    Generation,
    NewCandidate,
    Participant,
    Session,
)
from parley.rtc_service.sdp import fragments_in


@dataclass(frozen=True)
class Condition:
    """What must be there for a new offer to take its place: nothing if `is_first`, some offer if `is_replacement`, one
    of the revisions in `versions` if those are not None."""

    is_first: bool = False
    is_replacement: bool = False
    versions: Collection[int] | None = None

    def holds(self, offer_rev: int) -> bool:
        """Whether an offer of this revision may be replaced; 0 is none."""
        if (self.is_first and offer_rev) or (self.is_replacement and not offer_rev):
            return False
        return self.versions is None or offer_rev in self.versions


def with_offer(session: Session, by: Participant, sdp: str, condition: Condition) -> Session:
    """The session with this offer. Raises OfferChanged."""
    held = session.offer
    if held is not None and (held.sender, held.sdp) == (by.email, sdp):
        return _joined(session, by)
    if not condition.holds(session.offer_rev):
        raise OfferChanged
    offer = Description(sender=by.email, sdp=sdp, rev=session.offer_rev + 1)
    return _next(replace(_pruned(session, by, sdp), offer=offer), by)


def with_answer(session: Session, by: Participant, sdp: str, answer_to: int | None) -> Session:
    """The session with this answer to offer `answer_to`, None for the newest. Raises StaleOffer."""
    if session.offer_rev == 0 or answer_to not in (None, session.offer_rev):
        raise StaleOffer
    held = session.answer
    if held is not None and (held.sender, held.sdp, held.answer_to) == (by.email, sdp, session.offer_rev):
        return _joined(session, by)
    answer = Description(sender=by.email, sdp=sdp, rev=session.answer_rev + 1, answer_to=session.offer_rev)
    return _next(replace(_pruned(session, by, sdp), answer=answer), by)


def with_candidates(session: Session, by: Participant, found: Sequence[NewCandidate]) -> Session:
    """The session with those of these candidates that it does not have, all or none.

    Raises CandidateTooLarge and TooManyCandidates.
    """
    if any(len(it.line.encode()) > MAX_CANDIDATE for it in found):
        raise CandidateTooLarge(MAX_CANDIDATE)
    own = [it for it in session.candidates if it.sender == by.email]
    generation = _generation(session, by)
    held = {_init(it) for it in own if _lasts(it.generation, generation)}
    fresh = [it for it in dict.fromkeys(_init(it) for it in found) if it not in held]
    if len(own) + len(fresh) > MAX_A_SIDE or len(session.candidates) + len(fresh) > MAX_CANDIDATES:
        raise TooManyCandidates(MAX_A_SIDE, session.left_ms)
    if not fresh:
        return _joined(session, by)
    added = tuple(
        Candidate(
            line=it.line,
            mid=it.mid,
            m_line=it.m_line,
            fragment=it.fragment,
            sender=by.email,
            generation=generation,
            index=session.next + place,
        )
        for place, it in enumerate(fresh)
    )
    grown = replace(session, candidates=session.candidates + added, next=session.next + len(added))
    return _next(grown, by)


def with_sign_of_life(session: Session, by: Participant) -> Session:
    """The session itself, unless it is the first that it sees of its second participant."""
    return _joined(session, by)


def _next(session: Session, by: Participant) -> Session:
    return replace(_noting(session, by), rev=session.rev + 1)


def _joined(session: Session, by: Participant) -> Session:
    noted = _noting(session, by)
    return noted if noted is session else replace(noted, rev=session.rev + 1)


def _noting(session: Session, by: Participant) -> Session:
    """Who writes first after the initiator of a session for anybody makes it one between two."""
    if by.account == session.initiator.account or session.peer is not None:
        return session
    if session.takes_second:
        return replace(session, peer=by)
    if by.account in session.writers or len(session.writers) >= MAX_WRITERS:
        return session
    return replace(session, writers=(*session.writers, by.account))


def _pruned(session: Session, by: Participant, sdp: str) -> Session:
    """Without candidates of this side that belong to a fragment which its new description has given up."""
    current = fragments_in(sdp)
    if not current:
        return session
    kept = tuple(
        it for it in session.candidates if it.sender != by.email or it.fragment is None or it.fragment in current
    )
    return session if len(kept) == len(session.candidates) else replace(session, candidates=kept)


def _generation(session: Session, by: Participant) -> Generation:
    offer, answer = session.offer, session.answer
    return (
        offer.rev if offer is not None and offer.sender == by.email else 0,
        answer.rev if answer is not None and answer.sender == by.email else 0,
    )


def _lasts(then: Generation, now: Generation) -> bool:
    """Whether the sender has put nothing new since.

    That the other side has replaced what they put is no news of theirs: a candidate that comes again is still the same.
    """
    return all(current in (0, earlier) for earlier, current in zip(then, now, strict=True))


def _init(it: NewCandidate) -> NewCandidate:
    return NewCandidate(line=it.line, mid=it.mid, m_line=it.m_line, fragment=it.fragment)
