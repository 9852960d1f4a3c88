"""What this service answers when it cannot do what was asked; everything not listed comes from a port.

ProblemError
    UnknownConversation     there is none, or the caller is not in it: one answer for both
    NotAText                the body holds characters that no text has
    NoCalls                 calls are not part of this service yet
    NoSuchCall              there is no call with this id
"""

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


class NoCalls(ProblemError):
    """Nobody can be called here."""

    def __init__(self) -> None:
        super().__init__("forbidden", "This server has no calls.")


class NoSuchCall(ProblemError):
    """There is no call with this id."""

    def __init__(self) -> None:
        super().__init__("not-found", "There is no such call.")
