"""The words of this service, without I/O. Next: `session.py`, how a session changes."""

from dataclasses import dataclass

OPEN_SESSIONS = 50
"""Sessions of one initiator at a time."""

MAX_SDP = 64 * 1024
"""Bytes of the longest session description; a body cannot be longer either."""

MAX_CANDIDATE = 2048
"""Bytes of the longest candidate line."""

MAX_BATCH = 32
"""Candidates in one request."""

MAX_A_SIDE = 256
"""Candidates of one side that a session keeps."""

MAX_CANDIDATES = 2 * MAX_A_SIDE
"""Candidates of all sides; a session is between two."""

MAX_WRITERS = 32
"""So many accounts are told of changes, where a whole conversation may write."""


@dataclass(frozen=True)
class Participant:
    """Somebody who takes part: their account, and the address by which bodies name them."""

    account: str
    email: str


@dataclass(frozen=True, kw_only=True)
class Description:
    """An offer or an answer. `rev` counts those of its kind; `answer_to` is the `rev` of the offer that it answers."""

    sender: str
    sdp: str
    rev: int
    answer_to: int = 0


Generation = tuple[int, int]
"""Which descriptions of its own the sender of a candidate had put last: revisions of offer and answer, 0 for none."""


@dataclass(frozen=True, kw_only=True)
class NewCandidate:
    """An RTCIceCandidateInit; an empty `line` is the end of candidates."""

    line: str
    mid: str | None
    m_line: int | None
    fragment: str | None


@dataclass(frozen=True, kw_only=True)
class Candidate(NewCandidate):
    """A candidate in its place: `index` is never given to another one."""

    sender: str
    generation: Generation
    index: int


@dataclass(frozen=True, kw_only=True)
class Session:
    """One offer and one answer between two, as it stands. `rev` grows with every change that somebody may want to see.

    `peer` is who was named or, where nobody was, who wrote first after the initiator. `writers` are accounts that have
    written where a conversation stands in place of a peer. `next` is the index of the next candidate. `left_ms` is how
    long the session lasts if nobody writes, as of when it was read.
    """

    id: str
    initiator: Participant
    peer: Participant | None
    conversation: str | None
    call: str | None
    created_ms: int
    left_ms: int
    rev: int = 1
    offer: Description | None = None
    answer: Description | None = None
    candidates: tuple[Candidate, ...] = ()
    next: int = 0
    writers: tuple[str, ...] = ()

    @property
    def offer_rev(self) -> int:
        """The revision of the offer, 0 while there is none."""
        return self.offer.rev if self.offer else 0

    @property
    def answer_rev(self) -> int:
        """The revision of the answer, 0 while there is none."""
        return self.answer.rev if self.answer else 0

    def admits(self, account: str) -> bool:
        """Whether this account may know of the session, as far as the session itself can tell."""
        return self.peer is None or account in (self.initiator.account, self.peer.account)

    @property
    def takes_second(self) -> bool:
        """Whether whoever writes next beside the initiator becomes the peer."""
        return self.peer is None and self.conversation is None
