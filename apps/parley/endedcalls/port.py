"""The port of calls that are over.

Sessions may be made before their call has begun, so that a call which nobody knows is none that is over.
"""

from typing import Protocol

KEPT_S = 3600
"""How long a call is known to be over: four times as long as its sessions last without a sign of life."""


class EndedCalls(Protocol):
    """The calls that are over, by all of their ids.

    Guarantee: after `add`, `has` says so at every replica for KEPT_S. An engine that is away, or has lost its memory,
    knows none, and what is told to it meanwhile is lost: nobody is kept from a call because of it.
    """

    async def add(self, *calls: str) -> None:
        """These are over. No effect on what was told before, but that it is known for longer."""

    async def has(self, call: str) -> bool:
        """Whether it is known to be over."""
