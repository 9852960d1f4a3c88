"""What this service answers when it cannot do what was asked; everything not listed comes from a port.

ProblemError
    UnknownConversation     there is none, or the caller is not in it: one answer for both
    UnknownPerson           there is no such account
    UnknownMembers          a new conversation names people who do not exist, or nobody but the caller
    FixedMembers            direct conversations and the lobby have the members that they have
    FixedTitle              only a group's title can change
    NotOwner                only a group's owner removes others
"""

from collections.abc import Sequence

from parley.contracts.problems import FieldError, ProblemError


class UnknownConversation(ProblemError):
    """There is no such conversation, or the caller is not a member: which of the two is not told."""

    def __init__(self) -> None:
        super().__init__("not-found")


class UnknownPerson(ProblemError):
    """There is no such account."""

    def __init__(self) -> None:
        super().__init__("not-found", "There is no such person.")


class UnknownMembers(ProblemError):
    """The members of a new conversation cannot be those."""

    def __init__(self, detail: str, pointers: Sequence[str]) -> None:
        super().__init__("invalid", detail, errors=[FieldError(pointer, detail) for pointer in pointers])


class FixedMembers(ProblemError):
    """Direct conversations and the lobby have the members that they have."""

    def __init__(self) -> None:
        super().__init__("forbidden", "The members of this conversation cannot change.")


class NotOwner(ProblemError):
    """Only a group's owner removes others."""

    def __init__(self) -> None:
        super().__init__("forbidden", "Only the owner of the group removes others.")


class FixedTitle(ProblemError):
    """Only groups have titles of their own."""

    def __init__(self) -> None:
        super().__init__("forbidden", "Only a group has a title that can be changed.")
