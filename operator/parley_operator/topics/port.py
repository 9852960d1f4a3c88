"""The port of topics: what Kafka has, and the few things that are done to it, each for many topics at once.

One topic that Kafka refuses changes nothing for the others of the same call. Next: `inprocess.py` and `kafka.py`, which
keep this promise; `tests/ports/test_topics.py` asks both.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from parley_operator.topics.actions import Configure, Create, Delete, Grow
from parley_operator.topics.model import ActualTopic, Later, Refused

Outcome = Refused | Later | None
"""What became of one action: None is done, Refused comes again until somebody changes something, Later need not."""


class KafkaUnavailable(Exception):
    """Nobody answered, or nobody who knows. Whether anything was done is not known; a look will tell."""


class Topics(Protocol):
    """Look at topics and change them. A call that changes may be repeated: what is done already is no mistake.

    Each call answers within seconds or raises KafkaUnavailable. A change may take a moment until `describe` shows it.
    """

    async def describe(self, names: Collection[str]) -> Mapping[str, ActualTopic | Refused | Later]:
        """Each of these topics as it is; one that does not exist is left out.

        Refused is one that may not be looked at, Later one of which Kafka cannot tell at the moment.
        """

    async def create(self, topics: Sequence[Create]) -> Mapping[str, Outcome]:
        """Make topics. Later for one that is there already, which is left as it is."""

    async def grow(self, topics: Sequence[Grow]) -> Mapping[str, Outcome]:
        """Give topics more partitions. One that has as many or more keeps them, and is Refused."""

    async def configure(self, topics: Sequence[Configure]) -> Mapping[str, Outcome]:
        """Set and take away single settings. Of a topic that has one impossible setting none is changed."""

    async def delete(self, topics: Sequence[Delete]) -> Mapping[str, Outcome]:
        """Delete topics whose id is still the given one. One with another id is Refused; one that is gone is done."""
