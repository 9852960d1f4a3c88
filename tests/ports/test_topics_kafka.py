"""What only a real Kafka can show of the port of topics: that it is away, and what it says to impossible names."""

import asyncio

import pytest
from support.kafka import NOBODY, broker, new_topic
from support.kafka_topics import over_kafka, shown

from parley_operator.topics.actions import Create
from parley_operator.topics.kafka import KafkaTopics
from parley_operator.topics.kafka_urls import kafka_options
from parley_operator.topics.model import Refused
from parley_operator.topics.port import KafkaUnavailable


async def test_nobody(socket_enabled):
    """A Kafka that nobody runs is away, within the patience, and the reason is the driver's own."""
    topics = KafkaTopics(kafka_options(NOBODY), 1.0)
    with pytest.raises(KafkaUnavailable, match="refused"):
        await topics.describe(["letters"])


@pytest.mark.engine
async def test_id_as_kafka_writes_it(socket_enabled):
    """The id of a topic is spelled as Kafka's own tools spell it."""
    topics, names = over_kafka(), [new_topic() for _ in range(12)]
    await topics.create([Create(name, 1, 1, {}) for name in names])
    ids = {name: (await shown(topics, name, lambda it: it is not None)).topic_id for name in names}
    told = await asyncio.to_thread(broker().run, "kafka-topics", "--describe", "--topic", "|".join(names))
    assert all(f"Topic: {name}\tTopicId: {topic_id}\t" in told for name, topic_id in ids.items())


async def answers(topics, name):
    try:
        return await topics.describe([name])
    except KafkaUnavailable:
        return None


@pytest.mark.engine
async def test_paused(socket_enabled):
    """A Kafka that does not answer is away, and answers through the same client when it goes on."""
    topics = over_kafka(2.0)
    name = new_topic()
    assert await topics.describe([name]) == {}
    with broker().paused(), pytest.raises(KafkaUnavailable):
        await topics.describe([name])
    async with asyncio.timeout(60):
        while await answers(topics, name) is None:
            pass


@pytest.mark.engine
async def test_impossible_name(socket_enabled):
    """A name that Kafka does not take is refused for itself, while others of the same call are answered."""
    found = await over_kafka().describe(["a b", new_topic()])
    assert {name: type(it) for name, it in found.items()} == {"a b": Refused}


@pytest.mark.engine
async def test_wrong_password(socket_enabled):
    """A password that Kafka refuses makes it away, and the reason does not repeat it."""
    topics = KafkaTopics(kafka_options(broker().url("SCRAM", password="not-it")), 3.0)
    with pytest.raises(KafkaUnavailable) as refused:
        await topics.describe(["letters"])
    assert "uthentication" in str(refused.value)
    assert "not-it" not in str(refused.value)
