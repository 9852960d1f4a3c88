"""What a rotation needs of the cluster. Next: `reconcile.py`, which uses it; `kubernetes.py`, which has it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from parley_operator.ring.model import Ack


class Away(Exception):
    """The cluster does not answer, or does not let us; later it may. The text is one reason without a URL."""


class Forbidden(Away):
    """The API server refuses us this: a Role or its binding is not as the chart makes it."""


class NoSecret(Exception):
    """There is no Secret of this name. The operator may not make one."""


@dataclass(frozen=True)
class Stored:
    """A Secret's ring, empty where it has none, and the version that a change is compared with."""

    text: str = field(repr=False)
    version: str = ""


class Rings(Protocol):
    """The ring Secrets and the Leases of their agents."""

    async def read(self, secret: str) -> Stored:
        """The ring as it is now. Raises NoSecret and Away."""

    async def store(self, secret: str, text: str, version: str) -> bool:
        """Write the ring if its version is still this one; False if it is not. Raises NoSecret and Away."""

    async def acks(self, secret: str) -> Sequence[Ack]:
        """What each agent of this ring has said, all of them at one moment. Raises Away."""
