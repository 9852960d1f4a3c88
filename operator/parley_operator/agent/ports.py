"""What the agent needs of its surroundings. Next: `agent.py`, which uses it; `kubernetes.py`, for a cluster."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from parley_operator.ring.model import Ring, Role


@dataclass(frozen=True, kw_only=True)
class Applied:
    """What a pod has and does. `accepts` and `refuses` are kids by its own allocations, `signs` the kid of a minter.

    `problem` is one word for why the newest ring is not applied, or empty.
    """

    revision: int = 0
    accepts: frozenset[str] = frozenset()
    refuses: frozenset[str] = frozenset()
    signs: str = ""
    problem: str = ""


class Away(Exception):
    """The cluster does not answer, or does not let us; later it may."""


class RingSource(Protocol):
    """The one Secret."""

    def texts(self) -> AsyncIterator[str]:
        """The ring's text as it is now, read after this was called, and then each later one; some may be left out.

        Never ends. Raises Away; what has been yielded stays true.
        """


class Acknowledgements(Protocol):
    """The Lease of this pod. It is gone when the pod is."""

    async def declare(self) -> None:
        """See to it that there is a Lease; a new one acknowledges nothing. Raises Away."""

    async def say(self, applied: Applied) -> None:
        """Write down what this pod has, and that it is alive. Raises Away."""


class Keeper(Protocol):
    """Where the program beside the agent has its keys from."""

    role: Role

    async def apply(self, ring: Ring) -> None:
        """Put the ring in force. All of it or nothing, however it ends. Raises OSError or sqlite3.Error."""

    async def examine(self, ring: Ring) -> Applied:
        """What the program does now with the keys of a ring that was applied."""
