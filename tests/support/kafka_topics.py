"""The adapters of the port of topics, and the hand of somebody who changes topics behind the operator's back.

Next: `tests/ports/test_topics.py`.
"""

import pytest
from support.kafka import broker

from parley_operator.topics.inprocess import InProcessTopics
from parley_operator.topics.kafka import KafkaTopics
from parley_operator.topics.kafka_urls import kafka_options


def in_process():
    """One broker's worth of topics, in this process."""
    return InProcessTopics(brokers=1)


def over_kafka(patience_s=15.0):
    """The one broker of this run."""
    return KafkaTopics(kafka_options(broker().url()), patience_s)


TOPICS = [
    pytest.param(in_process, id="in-process"),
    pytest.param(over_kafka, id="kafka", marks=pytest.mark.engine),
]


async def shown(topics, name, holds):
    """The topic, once `holds` is true of it: a broker may show a change a moment after it was made."""
    while True:
        found = (await topics.describe([name])).get(name)
        if holds(found):
            return found
