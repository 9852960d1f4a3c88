"""The port of KafkaTopic objects: what the API server has, and what the operator writes on them.

Next: `kubernetes.py`, which keeps this promise; `tests/support/topic_objects.py` keeps it in memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from parley_operator.topics.model import Claim, Status


class ObjectGone(Exception):
    """The object does not exist any more."""


class ObjectsUnavailable(Exception):
    """The API server did not take it: it is away, busy, or has a newer object. Worth another try."""


@dataclass(frozen=True)
class Notice:
    """An event for people, on one object. `reason` is one word in CamelCase."""

    is_warning: bool
    reason: str
    sentence: str


class TopicObjects(Protocol):
    """Each call answers within seconds, or raises ObjectsUnavailable; those about one object may raise ObjectGone."""

    async def listed(self) -> Sequence[Claim]:
        """Every object there is."""

    async def write(self, claim: Claim, status: Status) -> None:
        """Replace the status of an object. Its spec may have changed meanwhile; the status says which it is about."""

    async def hold(self, claim: Claim) -> None:
        """Put our finalizer on the object, if it is still as it was seen."""

    async def let_go(self, claim: Claim) -> None:
        """Take our finalizer off the object, if it is still as it was seen. No other finalizer changes."""

    async def tell(self, claim: Claim, notice: Notice) -> None:
        """Record an event about the object."""
