"""What this service answers when it cannot do what was asked; everything not listed comes from a port.

ProblemError
    UnknownConversation     there is none, or the caller is not in it: one answer for both
    NotAText                the body holds characters that no text has
    NobodyToCall            the conversation has too many members for a call, or only one
    InAnotherCall           the person who wants to join holds another call
    AnsweredElsewhere       another window of the same person has joined
    CallFull                as many have joined as a call can carry
    CallEnded               the call is over
    NoSuchCall              there is no call with this id, or it is forgotten
    CallsUnavailable        the calls' store does not answer
"""

from parley.chat_service.calls.model import MAX_MEMBERS
from parley.contracts.problems import FieldError, ProblemError


class UnknownConversation(ProblemError):
    """There is no such conversation, or the caller is not a member: which of the two is not told."""

    def __init__(self) -> None:
        super().__init__("not-found")


class NotAText(ProblemError):
    """The body holds control characters, or halves of characters."""

    def __init__(self) -> None:
        detail = "A text has no control characters but line breaks and tabs."
        super().__init__("invalid", detail, errors=[FieldError("/d/body", detail)])


class NobodyToCall(ProblemError):
    """The conversation has too many members for a call, or only one."""

    def __init__(self) -> None:
        detail = f"Only conversations of 2 to {MAX_MEMBERS} people have calls."
        super().__init__("forbidden", detail, limit=MAX_MEMBERS)


class InAnotherCall(ProblemError):
    """The person who wants to join talks elsewhere already."""

    def __init__(self) -> None:
        super().__init__("busy", "You are in another call.")


class AnsweredElsewhere(ProblemError):
    """Another window of the same person has joined the call."""

    def __init__(self) -> None:
        super().__init__("answered-elsewhere")


class CallFull(ProblemError):
    """As many have joined as each of them can send to."""

    def __init__(self, limit: int) -> None:
        super().__init__("call-full", limit=limit)


class CallEnded(ProblemError):
    """The call is over, and nothing brings it back."""

    def __init__(self) -> None:
        super().__init__("call-ended")


class CallsUnavailable(ProblemError):
    """Whoever keeps the calls did not answer; what was asked for may or may not have happened."""

    def __init__(self) -> None:
        super().__init__("unavailable", retry_after_ms=1000)


class NoSuchCall(ProblemError):
    """There is no call with this id."""

    def __init__(self) -> None:
        super().__init__("not-found", "There is no such call.")
