"""The words of this folder: what somebody declares, what is in Kafka, and what the operator remembers and tells.

Nothing here does I/O. Next: `reading.py`, which makes these of an object, and `planning.py`, which decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

GROUP = "parley.manchik.co.uk"
VERSION = "v1alpha1"
PLURAL = "kafkatopics"
KIND = "KafkaTopic"

FINALIZER = f"{GROUP}/kafka-topic"
"""On objects whose topic is to be deleted with them, and on no other."""

ACCEPT = f"{GROUP}/accept-topic-id"
"""The annotation by which somebody says that the topic with this id is the right one, though another was known."""


class ConfigPolicy(StrEnum):
    """Which settings of a topic are kept as declared."""

    LISTED = "Listed"
    EXACT = "Exact"


class DeletionPolicy(StrEnum):
    """What becomes of the topic when its object is deleted."""

    RETAIN = "Retain"
    DELETE = "Delete"


class AdoptionPolicy(StrEnum):
    """Whether a topic that the operator has not made may become its own."""

    NEVER = "Never"
    IF_COMPATIBLE = "IfCompatible"
    ALWAYS = "Always"


@dataclass(frozen=True, kw_only=True)
class TopicSpec:
    """What is declared. None stands for whatever the brokers have as default."""

    topic_name: str
    partitions: int | None = None
    replicas: int | None = None
    config: Mapping[str, str] = field(default_factory=dict)
    config_policy: ConfigPolicy = ConfigPolicy.LISTED
    deletion_policy: DeletionPolicy = DeletionPolicy.RETAIN
    adoption_policy: AdoptionPolicy = AdoptionPolicy.IF_COMPATIBLE
    paused: bool = False


@dataclass(frozen=True)
class InvalidSpec:
    """What is declared cannot be understood; `sentence` says why."""

    sentence: str


@dataclass(frozen=True, kw_only=True)
class ActualTopic:
    """A topic as it is in Kafka.

    `replicas` is that of the partition with the fewest. `config` has the value in force of every setting, `set_here`
    the names of those that were given to this topic.
    """

    topic_id: str
    partitions: int
    replicas: int
    config: Mapping[str, str]
    set_here: frozenset[str]


@dataclass(frozen=True)
class Refused:
    """Kafka will not do this as long as nobody changes something. `reason` is one word, `sentence` is Kafka's."""

    reason: str
    sentence: str


@dataclass(frozen=True)
class Later:
    """Kafka did not do this now; it is worth another look."""

    sentence: str


@dataclass(frozen=True)
class Away:
    """Nothing is known about Kafka at the moment."""

    sentence: str


Seen = ActualTopic | None | Refused | Away
"""What a look at Kafka found for one name; None is a topic that does not exist."""


@dataclass(frozen=True)
class Drift:
    """One thing that is not as declared. None stands for nothing declared, or nothing there."""

    key: str
    desired: str | None
    actual: str | None


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One condition of a status, as the Kubernetes API conventions have it. `status` is True, False or Unknown."""

    type: str
    status: str
    reason: str
    message: str
    generation: int
    since: str


@dataclass(frozen=True, kw_only=True)
class Status:
    """What the operator tells about an object, and all that it remembers of it between two looks.

    `recreating` says that the topic with this id was found gone, so that another one may be ours.
    """

    generation: int | None = None
    topic_name: str | None = None
    topic_id: str | None = None
    partitions: int | None = None
    replicas: int | None = None
    adopted: bool = False
    recreating: bool = False
    drift: Sequence[Drift] = ()
    conditions: Sequence[Condition] = ()

    def condition(self, kind: str) -> Condition | None:
        """The condition of this type, None if there is none yet."""
        return next((it for it in self.conditions if it.type == kind), None)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One KafkaTopic object as it was last seen. `created` is its creationTimestamp."""

    uid: str
    namespace: str
    name: str
    generation: int
    created: str
    resource_version: str = ""
    deleting: bool = False
    finalizers: tuple[str, ...] = ()
    accepted_id: str | None = None
    spec: TopicSpec | InvalidSpec
    status: Status = Status()

    @property
    def topic_name(self) -> str | None:
        """The topic that it is about, None if that cannot be understood."""
        return self.spec.topic_name if isinstance(self.spec, TopicSpec) else None

    @property
    def seniority(self) -> tuple[str, str, str, str]:
        """Of several claims to one topic the least of these wins: the oldest."""
        return self.created, self.namespace, self.name, self.uid

    @property
    def held(self) -> bool:
        """Whether it stays until the operator lets go of it."""
        return FINALIZER in self.finalizers
