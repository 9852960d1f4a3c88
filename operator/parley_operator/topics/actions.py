"""What can be done to Kafka for one object.

There is no way to shrink or to move a topic: what is not here cannot happen.
Next: `planning.py`, which chooses; `port.py`, which does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Create:
    """Make a topic. None is the brokers' default."""

    name: str
    partitions: int | None
    replicas: int | None
    config: Mapping[str, str]


@dataclass(frozen=True)
class Grow:
    """Give a topic more partitions: `total` in all."""

    name: str
    total: int


@dataclass(frozen=True)
class Configure:
    """Set these settings and take those away; every other stays as it is."""

    name: str
    put: Mapping[str, str] = field(default_factory=dict)
    drop: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Delete:
    """Delete a topic with all that it holds, if it still is the one with this id."""

    name: str
    topic_id: str


Action = Create | Grow | Configure | Delete
