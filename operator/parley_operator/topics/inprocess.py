"""The port of topics within this process, for tests of those who use it: no broker, the same promises.

It knows the settings that it is given as defaults, and refuses any other. Next: `kafka.py`.
"""

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from parley_operator.topics.actions import Action, Configure, Create, Delete, Grow
from parley_operator.topics.model import ActualTopic, Later, Refused
from parley_operator.topics.port import KafkaUnavailable, Outcome

DEFAULTS: Mapping[str, str] = {
    "cleanup.policy": "delete",
    "max.message.bytes": "1048588",
    "min.insync.replicas": "1",
    "retention.bytes": "-1",
    "retention.ms": "604800000",
    "segment.ms": "604800000",
}
"""Some settings and what Kafka has for them by itself."""

_Some = TypeVar("_Some", bound=Action)


class InProcessTopics:
    """See the port. `brokers` is how many there are; no topic has more replicas. While `is_away` every call fails."""

    def __init__(self, brokers: int = 3, partitions: int = 1, replicas: int = 1) -> None:
        self.found: dict[str, ActualTopic] = {}
        self.is_away = False
        self.calls: list[str] = []
        self._brokers, self._partitions, self._replicas = brokers, partitions, replicas

    async def describe(self, names: Collection[str]) -> Mapping[str, ActualTopic | Refused | Later]:
        self._begin("describe")
        return {name: self.found[name] for name in names if name in self.found}

    async def create(self, topics: Sequence[Create]) -> Mapping[str, Outcome]:
        return self._each("create", topics, self._create)

    async def grow(self, topics: Sequence[Grow]) -> Mapping[str, Outcome]:
        return self._each("grow", topics, self._grow)

    async def configure(self, topics: Sequence[Configure]) -> Mapping[str, Outcome]:
        return self._each("configure", topics, self._configure)

    async def delete(self, topics: Sequence[Delete]) -> Mapping[str, Outcome]:
        return self._each("delete", topics, self._delete)

    def _begin(self, call: str) -> None:
        self.calls.append(call)
        if self.is_away:
            raise KafkaUnavailable("nobody answers")

    def _each(self, call: str, topics: Sequence[_Some], do: Callable[[_Some], Outcome]) -> Mapping[str, Outcome]:
        self._begin(call)
        return {topic.name: do(topic) for topic in topics}

    def _create(self, topic: Create) -> Outcome:
        if topic.name in self.found:
            return Later("the topic exists")
        replicas = topic.replicas or self._replicas
        if replicas > self._brokers:
            return Refused("InvalidReplicationFactor", "there are fewer brokers than replicas")
        if (refused := _unknown(topic.config)) is not None:
            return refused
        self.found[topic.name] = ActualTopic(
            topic_id=uuid.uuid4().hex,
            partitions=topic.partitions or self._partitions,
            replicas=replicas,
            config={**DEFAULTS, **topic.config},
            set_here=frozenset(topic.config),
        )
        return None

    def _grow(self, topic: Grow) -> Outcome:
        if (actual := self.found.get(topic.name)) is None:
            return Later("the topic does not exist")
        if topic.total <= actual.partitions:
            return Refused("InvalidPartitions", "the topic has as many partitions")
        self.found[topic.name] = replace(actual, partitions=topic.total)
        return None

    def _configure(self, topic: Configure) -> Outcome:
        if (actual := self.found.get(topic.name)) is None:
            return Later("the topic does not exist")
        if (refused := _unknown(topic.put)) is not None:
            return refused
        here = {key: actual.config[key] for key in actual.set_here if key not in topic.drop}
        here.update(topic.put)
        self.found[topic.name] = replace(actual, config={**DEFAULTS, **here}, set_here=frozenset(here))
        return None

    def _delete(self, topic: Delete) -> Outcome:
        actual = self.found.get(topic.name)
        if actual is not None and actual.topic_id != topic.topic_id:
            return Refused("TopicReplaced", "the topic has another id")
        self.found.pop(topic.name, None)
        return None


def _unknown(config: Mapping[str, str]) -> Refused | None:
    unknown = sorted(config.keys() - DEFAULTS.keys())
    return Refused("InvalidConfig", f"Unknown topic config name: {unknown[0]}") if unknown else None
