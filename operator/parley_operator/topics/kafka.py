"""The port of topics over Kafka's own administration requests, through librdkafka.

Settings are changed with IncrementalAlterConfigs only: the older AlterConfigs takes away whatever it does not name.
The driver deletes by name and not by id, so the id is compared just before.
Next: `kafka_errors.py`, what an error means.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # it exports without __all__
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ConfigSource,
    NewPartitions,
    NewTopic,
    TopicDescription,
)

from parley_operator.topics.actions import Configure, Create, Delete, Grow
from parley_operator.topics.kafka_errors import Absent, meaning
from parley_operator.topics.model import ActualTopic, Later, Refused
from parley_operator.topics.port import KafkaUnavailable, Outcome

ANSWERS_WITHIN_S = 15.0
"""How long one request may take, which makes or describes up to a hundred topics; a busy broker needs some seconds."""

_DEFAULT = -1


class KafkaTopics:
    """See the port. `options` are librdkafka's, of which `kafka_urls.py` makes some from a URL."""

    def __init__(self, options: Mapping[str, Any], patience_s: float = ANSWERS_WITHIN_S) -> None:
        self._patience_s, self._trouble = patience_s, ""
        # Whoever asks is told why Kafka is away; the driver would write lines of its own, many a second.
        settings: dict[str, Any] = {**options, **_HABITS, "error_cb": self._note}
        self._admin = AdminClient(settings)

    async def describe(self, names: Collection[str]) -> Mapping[str, ActualTopic | Refused | Later]:
        if not names:
            return {}
        told = await self._answers(self._admin.describe_topics(TopicCollection(list(names)), **self._deadline()))
        there = {name: it for name, it in told.items() if isinstance(it, TopicDescription)}
        unknown = {name: it for name, it in told.items() if isinstance(it, Refused | Later)}
        settings = await self._settings(there)
        return {**unknown, **{name: _actual(there[name], it) for name, it in settings.items()}}

    async def create(self, topics: Sequence[Create]) -> Mapping[str, Outcome]:
        wanted = [_new(topic) for topic in topics]
        return await self._outcomes(self._admin.create_topics(wanted, **self._spread()) if wanted else {})

    async def grow(self, topics: Sequence[Grow]) -> Mapping[str, Outcome]:
        wanted = [NewPartitions(it.name, it.total) for it in topics]
        return await self._outcomes(self._admin.create_partitions(wanted, **self._spread()) if wanted else {})

    async def configure(self, topics: Sequence[Configure]) -> Mapping[str, Outcome]:
        wanted = [_changes(topic) for topic in topics]
        return await self._outcomes(self._admin.incremental_alter_configs(wanted, **self._deadline()) if wanted else {})

    async def delete(self, topics: Sequence[Delete]) -> Mapping[str, Outcome]:
        found = await self.describe([topic.name for topic in topics])
        outcomes: dict[str, Outcome] = {topic.name: _other(found.get(topic.name), topic) for topic in topics}
        ours = [topic.name for topic in topics if topic.name in found and outcomes[topic.name] is None]
        asked = self._admin.delete_topics(ours, **self._spread()) if ours else {}
        return {**outcomes, **await self._outcomes(asked)}

    async def _settings(self, names: Collection[str]) -> Mapping[str, Mapping[str, ConfigEntry] | Refused | Later]:
        if not names:
            return {}
        wanted = [ConfigResource(ConfigResource.Type.TOPIC, name) for name in names]
        told = await self._answers(self._admin.describe_configs(wanted, **self._deadline()))
        # One that was deleted meanwhile is left out, like one that never was.
        return {name: it for name, it in told.items() if isinstance(it, Mapping | Refused | Later)}

    async def _outcomes(self, asked: Mapping[Any, "Future[Any]"]) -> Mapping[str, Outcome]:
        told = await self._answers(asked)
        return {name: Later("the topic does not exist") if it is Absent else it for name, it in told.items()}

    async def _answers(self, asked: Mapping[Any, "Future[Any]"]) -> dict[str, Any]:
        """What each future has: its result, or what its error means. Raises KafkaUnavailable if nobody answered."""
        futures = [asyncio.wrap_future(future) for future in asked.values()]
        done = await asyncio.gather(*futures, return_exceptions=True)
        meant = {_name(key): self._meant(it) for key, it in zip(asked, done, strict=True)}
        self._trouble = ""
        return meant

    def _meant(self, answer: Any) -> Any:
        if isinstance(answer, KafkaException):
            error: KafkaError = answer.args[0]
            if (means := meaning(error)) is None:
                raise KafkaUnavailable(self._why(error))
            return means
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _why(self, error: KafkaError) -> str:
        self._admin.poll(0)
        return self._trouble or str(error.str())

    def _note(self, error: KafkaError) -> None:
        # That all brokers are down comes after each of their reasons, and says less.
        if error.code() != KafkaError._ALL_BROKERS_DOWN:
            self._trouble = error.str()

    def _deadline(self) -> Mapping[str, Any]:
        return {"request_timeout": self._patience_s}

    def _spread(self) -> Mapping[str, Any]:
        """The answer comes when the change has reached the brokers, or after half of the time."""
        return {"operation_timeout": self._patience_s / 2, **self._deadline()}


_AS_KAFKA_WRITES = str.maketrans("+/", "-_")
"""The driver writes ids in another base64 than Kafka's own tools, whose ids people will compare."""

_HABITS: Mapping[str, Any] = {
    "client.id": "parley-operator",
    "log_level": 0,
    "socket.connection.setup.timeout.ms": 5000,
    "reconnect.backoff.max.ms": 2000,
}


def _name(key: str | ConfigResource) -> str:
    return key if isinstance(key, str) else key.name


def _new(topic: Create) -> NewTopic:
    partitions = _DEFAULT if topic.partitions is None else topic.partitions
    replicas = _DEFAULT if topic.replicas is None else topic.replicas
    return NewTopic(topic.name, partitions, replicas, config=dict(topic.config))


def _changes(topic: Configure) -> ConfigResource:
    put = [ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET) for key, value in topic.put.items()]
    drop = [ConfigEntry(key, None, incremental_operation=AlterConfigOpType.DELETE) for key in topic.drop]
    return ConfigResource(ConfigResource.Type.TOPIC, topic.name, incremental_configs=[*put, *drop])


def _actual(
    told: TopicDescription, settings: Mapping[str, ConfigEntry] | Refused | Later
) -> ActualTopic | Refused | Later:
    if isinstance(settings, Refused | Later):
        return settings
    return ActualTopic(
        topic_id=str(told.topic_id).translate(_AS_KAFKA_WRITES),
        partitions=len(told.partitions),
        replicas=min(len(it.replicas) for it in told.partitions),
        config={name: it.value or "" for name, it in settings.items()},
        set_here=frozenset(
            name for name, it in settings.items() if ConfigSource(it.source) is ConfigSource.DYNAMIC_TOPIC_CONFIG
        ),
    )


def _other(found: ActualTopic | Refused | Later | None, wanted: Delete) -> Outcome:
    if isinstance(found, ActualTopic) and found.topic_id != wanted.topic_id:
        return Refused("TopicReplaced", "The topic has another id.")
    return found if isinstance(found, Refused | Later) else None
