"""What can go wrong while signing in.

SignInError
    InvalidAddress      the text is no address that a mail can be sent to
    WrongCode           wrong, used, expired, out of attempts, badly written: one answer for all of them
    UnknownChallenge    there is no such challenge for this browser
"""

from parley.contracts.problems import ProblemError
from parley.onetimecodes.port import TooManyRequests


class SignInError(Exception):
    """Any of the errors of this module; the text is a sentence for a person."""


class InvalidAddress(SignInError):
    """The text is no address that a mail can be sent to."""


class WrongCode(SignInError):
    """The code did not sign in. Why is not told: each reason would help somebody who guesses."""

    def __init__(self) -> None:
        super().__init__("This code does not work. Check it, or ask for a new one.")


class UnknownChallenge(SignInError):
    """There is no such challenge, or it belongs to another browser."""

    def __init__(self) -> None:
        super().__init__("This sign-in belongs to another browser, or is over. Ask for a new code.")


def too_many(error: TooManyRequests) -> ProblemError:
    """The problem for a limit on asking for codes."""
    seconds = -(-error.retry_after_ms // 1000)
    wait = f"{seconds} seconds" if seconds < 120 else f"{-(-seconds // 60)} minutes"
    detail = f"Too many codes were asked for. Try again in {wait}."
    return ProblemError("rate-limited", detail, retry_after_ms=error.retry_after_ms)
