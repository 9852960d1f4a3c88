"""What this service answers when it cannot do what was asked; everything not listed comes from a port.

ProblemError
    UnknownSession          there is none, it is over, or the caller has no part in it: one answer for all
    UnknownConversation     a new session names a conversation that the caller is not in
    UnknownPeer             a new session names a peer who is nobody, or the caller, or not in the conversation
    NotYou                  initiator, from or participant is not the address of who is signed in
    InvalidDescription      what was sent as SDP is none
    CandidateTooLarge       a candidate is longer than any that browsers make
    OfferChanged            the condition of a write does not hold: somebody else's offer came first
    StaleOffer              the answer belongs to an offer that has been replaced, or to none
    CallEnded               the call of the session is over: nothing is begun for it or written to it
    TooManyCandidates       one side's candidates, or all together, are as many as a session keeps
    TooManySessions         the initiator has as many open sessions as one may have
    TooManyWaits            this process holds as many requests as it can
    SessionsUnavailable     what keeps the sessions does not answer
"""

from parley.contracts.problems import FieldError, ProblemError


class UnknownSession(ProblemError):
    """There is no such session, or the caller has no part in it: which of the two is not told."""

    def __init__(self) -> None:
        super().__init__("not-found")


class UnknownConversation(ProblemError):
    """There is no such conversation, or the caller is not a member."""

    def __init__(self) -> None:
        super().__init__("not-found")


class UnknownPeer(ProblemError):
    """The session cannot be with this person."""

    def __init__(self, detail: str) -> None:
        super().__init__("invalid", detail, errors=[FieldError("/peer", detail)])


class NotYou(ProblemError):
    """A request speaks for its sender only."""

    def __init__(self, member: str) -> None:
        super().__init__("forbidden", f"`{member}` must be your own address.")


class InvalidDescription(ProblemError):
    """The text is no session description (RFC 8866)."""

    def __init__(self, detail: str) -> None:
        super().__init__("invalid", detail, errors=[FieldError("/sdp", detail)])


class CandidateTooLarge(ProblemError):
    """No candidate of a browser is that long."""

    def __init__(self, limit: int) -> None:
        super().__init__("too-large", f"A candidate has at most {limit} bytes.", limit=limit)


class OfferChanged(ProblemError):
    """The offer is not the one that the sender knew."""

    def __init__(self) -> None:
        super().__init__("precondition-failed", "Another offer came first; read the session and answer that one.")


class StaleOffer(ProblemError):
    """There is no such offer any more, or not yet."""

    def __init__(self) -> None:
        super().__init__("stale-offer")


class CallEnded(ProblemError):
    """The call that the session is for is over."""

    def __init__(self) -> None:
        super().__init__("call-ended")


class TooManyCandidates(ProblemError):
    """Nothing of the request was kept; with a new description of the same side there is room again."""

    def __init__(self, limit: int, left_ms: int) -> None:
        super().__init__(
            "rate-limited", f"A session keeps {limit} candidates of a side.", limit=limit, retry_after_ms=left_ms
        )


class TooManySessions(ProblemError):
    """End one, or wait until one ends by itself."""

    def __init__(self, limit: int, wait_ms: int) -> None:
        super().__init__("rate-limited", f"You have {limit} open sessions.", limit=limit, retry_after_ms=wait_ms)


class TooManyWaits(ProblemError):
    """Ask without `wait` meanwhile."""

    def __init__(self) -> None:
        super().__init__("unavailable", "Too many requests are waiting here.", retry_after_ms=1000)


class SessionsUnavailable(ProblemError):
    """The engine that keeps sessions is away."""

    def __init__(self) -> None:
        super().__init__("unavailable", retry_after_ms=1000)
