"""What a plan says: what to do to Kafka, what to write on the object, and whether the object must wait for us.

Next: `planning.py` and `ending.py`, which make one.
"""

from dataclasses import dataclass

from parley_operator.topics.actions import Action
from parley_operator.topics.model import Status


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`holds` is whether our finalizer belongs on the object; `again` asks for another look at once.

    `farewell` is told when the object is let go: what became of its topic.
    """

    status: Status
    actions: tuple[Action, ...] = ()
    holds: bool | None = None
    again: bool = False
    farewell: str | None = None
