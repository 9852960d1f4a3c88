"""What Prometheus reads about topics, in the registry that the operator hands over.

`docs/operator.md` says what each means. Next: `engine.py`, which counts.
"""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from parley_operator.topics.conditions import TRUE, TYPES
from parley_operator.topics.model import Refused, Status
from parley_operator.topics.port import Outcome

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class TopicMeters:
    """Counts of objects, actions and mistakes; never a topic's name, of which there may be thousands."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._objects = Gauge(
            "parley_kafkatopics", "KafkaTopic objects by condition that is True.", ("condition",), registry=registry
        )
        self._known = Gauge("parley_kafkatopics_known", "KafkaTopic objects that there are.", registry=registry)
        self._actions = Counter(
            "parley_kafkatopic_actions", "What was done to topics.", ("action", "result"), registry=registry
        )
        self._looks = Histogram(
            "parley_kafkatopic_batch_duration_seconds",
            "Time to look at a batch of objects and to do what they need.",
            buckets=_SECONDS,
            registry=registry,
        )
        self._bugs = Counter(
            "parley_kafkatopic_internal_errors",
            "Mistakes of the operator itself, each with an event.",
            registry=registry,
        )
        self._unwritten = Counter(
            "parley_kafkatopic_write_failures", "Writes that the API server did not take.", ("what",), registry=registry
        )
        self._up = Gauge("parley_kafkatopic_kafka_up", "1 when Kafka answers, else 0.", registry=registry)
        self._resynced = Gauge(
            "parley_kafkatopic_last_resync_timestamp_seconds", "When all objects were last listed.", registry=registry
        )
        self._queue = Gauge("parley_kafkatopic_queue", "Objects that wait to be looked at.", registry=registry)

    def counted(self, statuses: Iterable[Status], waiting: int) -> None:
        """How many objects there are, which of their conditions are True, and how many wait."""
        found = list(statuses)
        self._known.set(len(found))
        self._queue.set(waiting)
        for kind in TYPES:
            self._objects.labels(kind).set(sum(_is_true(status, kind) for status in found))

    def acted(self, action: str, outcome: Outcome) -> None:
        """One action on one topic."""
        result = "done" if outcome is None else "refused" if isinstance(outcome, Refused) else "later"
        self._actions.labels(action, result).inc()

    def looked(self, seconds: float) -> None:
        """One batch."""
        self._looks.observe(seconds)

    def bug(self) -> None:
        """A mistake of ours."""
        self._bugs.inc()

    def unwritten(self, what: str) -> None:
        """The API server did not take a `status`, a `finalizer` or an `event`."""
        self._unwritten.labels(what).inc()

    def kafka(self, *, is_up: bool) -> None:
        """Whether Kafka answered."""
        self._up.set(is_up)

    def resynced(self, timestamp: float) -> None:
        """All objects have been listed."""
        self._resynced.set(timestamp)


def _is_true(status: Status, kind: str) -> bool:
    condition = status.condition(kind)
    return condition is not None and condition.status == TRUE
