"""Where a topic is not as declared, and what would make it so.

Next: `planning.py`, which asks first whether it may.
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from parley_operator.topics.actions import Action, Configure, Grow
from parley_operator.topics.model import ActualTopic, ConfigPolicy, Drift, TopicSpec

PARTITIONS, REPLICAS = "partitions", "replicas"

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")

_MOVING = frozenset({"leader.replication.throttled.replicas", "follower.replication.throttled.replicas"})
"""What Kafka's own tools set while they move a topic, and take away again."""


def differences(spec: TopicSpec, actual: ActualTopic) -> Sequence[Drift]:
    """Everything that is not as declared, the least surprising order: numbers first, then settings by name."""
    return [*_numbers(spec, actual), *_settings(spec, actual)]


def repairs(spec: TopicSpec, actual: ActualTopic) -> Sequence[Action]:
    """What makes the topic as declared without destroying anything; fewer partitions and other replicas do not."""
    found: list[Action] = []
    if spec.partitions is not None and spec.partitions > actual.partitions:
        found.append(Grow(spec.topic_name, spec.partitions))
    wrong = list(_settings(spec, actual))
    if wrong:
        put = {it.key: it.desired for it in wrong if it.desired is not None}
        found.append(Configure(spec.topic_name, put, frozenset(it.key for it in wrong if it.desired is None)))
    return found


def same_value(one: str, other: str) -> bool:
    """Whether two spellings mean the same to Kafka, which answers with its own: `TRUE`, `010`, `a, b`."""
    return one == other or _plain(one) == _plain(other)


def _numbers(spec: TopicSpec, actual: ActualTopic) -> Iterator[Drift]:
    if spec.partitions not in (None, actual.partitions):
        yield Drift(PARTITIONS, str(spec.partitions), str(actual.partitions))
    if spec.replicas not in (None, actual.replicas):
        yield Drift(REPLICAS, str(spec.replicas), str(actual.replicas))


def _settings(spec: TopicSpec, actual: ActualTopic) -> Iterator[Drift]:
    for key, desired in sorted(spec.config.items()):
        found = actual.config.get(key)
        if found is None or not same_value(desired, found):
            yield Drift(key, desired, found)
    if spec.config_policy is ConfigPolicy.EXACT:
        for key in sorted(actual.set_here - spec.config.keys() - _MOVING):
            yield Drift(key, None, actual.config.get(key))


def _plain(value: str) -> str | Decimal:
    text = value.strip().lower()
    if _NUMBER.fullmatch(text):
        return Decimal(text)
    return text if text in ("true", "false") else ",".join(part.strip() for part in value.split(","))
