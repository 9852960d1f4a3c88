"""Which events people get about an object: one for each change that they would ask about, none for a look at it.

Next: `engine.py`.
"""

from collections.abc import Iterator, Sequence

from parley_operator.topics.conditions import TRUE, worded
from parley_operator.topics.model import Claim, Drift, Status
from parley_operator.topics.objects import Notice


def notices(claim: Claim, after: Status, *, made: bool, repaired: Sequence[Drift]) -> Iterator[Notice]:
    """What to tell. `made` and `repaired` are what has just been done; `claim` has the status from before."""
    if made and after.topic_id != claim.status.topic_id:
        yield Notice(False, "TopicCreated", f"The topic {claim.topic_name} was created with id {after.topic_id}.")
    elif repaired:
        reason = "DriftRepaired" if claim.status.generation == claim.generation else "TopicChanged"
        yield Notice(False, reason, f"{'; '.join(_change(it) for it in repaired)}.")
    for kind in ("Blocked", "Conflict"):
        if (new := _news(claim.status, after, kind)) is not None:
            yield new
    if after.recreating and not claim.status.recreating:
        yield Notice(True, "TopicMissing", f"The topic {after.topic_id} does not exist any more.")


def _news(before: Status, after: Status, kind: str) -> Notice | None:
    known, new = before.condition(kind), after.condition(kind)
    if new is None or new.status != TRUE or (known is not None and (known.status, known.reason) == (TRUE, new.reason)):
        return None
    return Notice(True, new.reason, new.message)


def _change(drift: Drift) -> str:
    return f"{drift.key} was {worded(drift.actual)}, is {worded(drift.desired)}"
