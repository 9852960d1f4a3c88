"""What is asked of a server: commands over one key each, so that any of them may lie on a node of its own.

Next: `connections.py`, who carries them out.
"""

import hashlib
from typing import NamedTuple

Word = str | bytes | int | float


class Command(NamedTuple):
    """The words of a command and the key that it touches, whose node carries it out.

    `in_full` is what to say to a server that has forgotten the script.
    """

    key: str
    words: tuple[Word, ...]
    in_full: tuple[Word, ...] = ()


def command(name: str, key: str, *arguments: Word) -> Command:
    """A command whose first argument is its one key."""
    return Command(key, (name, key, *arguments))


class Script:
    """A script of a server over one key. Called, it is a command: the key, then the script's own arguments."""

    def __init__(self, text: str) -> None:
        self._text = text
        # The protocol names scripts so; it protects nothing.
        self._digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()

    def __call__(self, key: str, *arguments: Word) -> Command:
        """One run of the script."""
        rest = (1, key, *arguments)
        return Command(key, ("EVALSHA", self._digest, *rest), ("EVAL", self._text, *rest))
