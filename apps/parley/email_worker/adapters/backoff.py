"""How long to leave a mail service alone that did not take a mail."""

import random

_FIRST_S = 1.0
_LONGEST_S = 30.0
"""A code works for three minutes; a longer pause would cost most of that after the service is back."""


class Backoff:
    """Doubles with each failure in a row, from 1 s to 30 s, and takes off up to half, so that workers spread."""

    def __init__(self) -> None:
        self._failures = 0

    def reset(self) -> None:
        """A mail was taken."""
        self._failures = 0

    def next_s(self) -> float:
        """A mail was not taken; the seconds to wait."""
        longest = min(_LONGEST_S, _FIRST_S * (1 << min(self._failures, 10)))
        self._failures += 1
        return longest * random.uniform(0.5, 1)  # noqa: S311 -- spreads, protects nothing
