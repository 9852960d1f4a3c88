"""The port of topics when nobody has said where Kafka is: every object says so, instead of waiting without a word.

Next: `handlers.py`, which chooses.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NoReturn

from parley_operator.topics.actions import Action
from parley_operator.topics.model import ActualTopic, Later, Refused
from parley_operator.topics.port import KafkaUnavailable, Outcome


class NoTopics:
    """See the port. Each call raises KafkaUnavailable."""

    async def describe(self, names: Collection[str]) -> Mapping[str, ActualTopic | Refused | Later]:
        _refuse()

    async def create(self, topics: Sequence[Action]) -> Mapping[str, Outcome]:
        _refuse()

    async def grow(self, topics: Sequence[Action]) -> Mapping[str, Outcome]:
        _refuse()

    async def configure(self, topics: Sequence[Action]) -> Mapping[str, Outcome]:
        _refuse()

    async def delete(self, topics: Sequence[Action]) -> Mapping[str, Outcome]:
        _refuse()


def _refuse() -> NoReturn:
    raise KafkaUnavailable("The operator was not told where Kafka is: KAFKA_URL is not set.")
