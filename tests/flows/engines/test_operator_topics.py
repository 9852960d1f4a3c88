"""KafkaTopic objects over a real Kafka, with an API server in memory: what people do to topics, and what becomes of it.

What the engine does in each case: `tests/unit/operator/topics/`.
"""

import asyncio
from contextlib import asynccontextmanager

import pytest
from prometheus_client import CollectorRegistry
from support.kafka import broker, change, create, delete, new_topic, settings_of
from support.kafka_topics import over_kafka
from support.topic_objects import InMemoryObjects
from support.waiting import until

from parley_operator.topics.engine import Engine, Pace
from parley_operator.topics.meters import TopicMeters
from parley_operator.topics.model import AdoptionPolicy, DeletionPolicy

pytestmark = pytest.mark.engine

READY = ("True", "AsDeclared")
OFTEN = Pace(resync_s=0.5, longest_pause_s=1.0)


@asynccontextmanager
async def keeping(objects, patience_s=15.0):
    """An operator at work on these objects."""
    engine = Engine(objects, over_kafka(patience_s), TopicMeters(CollectorRegistry()), OFTEN)
    objects.watcher = engine
    task = asyncio.create_task(engine.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def objects(socket_enabled):
    return InMemoryObjects()


@pytest.fixture
def name():
    return new_topic()


def is_ready(objects, name):
    return lambda: objects.said(name, "Ready") == READY and objects.said(name, "Synced") == READY


def is_again_ready(objects, name, before):
    return lambda: is_ready(objects, name)() and objects.found[name].status.topic_id != before


async def test_made_and_grown(objects, name):
    """A declared topic is made, then grown and set as its object changes, and nothing but that."""
    async with keeping(objects):
        objects.declare(name, partitions=2, config={"retention.ms": "600000"})
        await until(is_ready(objects, name), 60)
        first = objects.found[name].status
        objects.declare(name, partitions=4, config={"retention.ms": "700000"})
        await until(lambda: objects.found[name].status.partitions == 4 and is_ready(objects, name)(), 60)
        told = await settings_of(name)
        assert (told["partitions"], told["retention.ms"]) == (4, "700000")
        assert objects.found[name].status.topic_id == first.topic_id
        assert not objects.found[name].status.adopted


async def test_changed_by_hand(objects, name):
    """A setting that somebody changes in Kafka comes back, one that nobody declared stays as they set it."""
    async with keeping(objects):
        objects.declare(name, config={"retention.ms": "600000"})
        await until(is_ready(objects, name), 60)
        await change(name, retention_ms=5, segment_ms=86400000)
        await until(lambda: (name, "DriftRepaired") in objects.told, 60)
        told = await settings_of(name)
        assert (told["retention.ms"], told["segment.ms"]) == ("600000", "86400000")


async def test_grown_by_hand(objects, name):
    """Partitions that somebody added in Kafka stay, and the object says that they cannot be taken away."""
    async with keeping(objects):
        objects.declare(name, partitions=2)
        await until(is_ready(objects, name), 60)
        await asyncio.to_thread(broker().run, "kafka-topics", "--alter", "--topic", name, "--partitions", "5")
        await until(lambda: objects.said(name, "Blocked") == ("True", "PartitionsCannotShrink"), 60)
        assert (await settings_of(name))["partitions"] == 5


async def test_deleted_by_hand(objects, name):
    """A topic that somebody deletes in Kafka is told of and made again."""
    async with keeping(objects):
        objects.declare(name, partitions=2)
        await until(is_ready(objects, name), 60)
        before = objects.found[name].status.topic_id
        await delete(name)
        await until(is_again_ready(objects, name, before), 60)
        assert (name, "TopicMissing") in objects.told
        assert (await settings_of(name))["partitions"] == 2


async def test_replaced_by_hand(objects, name):
    """A topic that was made anew while nobody looked stays as it is, and does not go with its object."""
    async with keeping(objects):
        objects.declare(name, partitions=2, deletion_policy=DeletionPolicy.DELETE)
        await until(is_ready(objects, name), 60)
    await delete(name)
    await until_gone(name)
    await create(name, 1, retention_ms=5)
    async with keeping(objects):
        await until(lambda: objects.said(name, "Blocked") == ("True", "TopicReplaced"), 60)
        objects.delete(name)
        await until(lambda: name not in objects.found, 60)
    told = await settings_of(name)
    assert (told["partitions"], told["retention.ms"]) == (1, "5")


async def test_adopted(objects, name):
    """A topic that was there first is taken over as it is, or put right if the object says so."""
    await create(name, 2, retention_ms=600000)
    async with keeping(objects):
        objects.declare(name, partitions=3)
        await until(lambda: objects.said(name, "Blocked") == ("True", "NotCompatible"), 60)
        objects.declare(name, partitions=3, adoption_policy=AdoptionPolicy.ALWAYS)
        await until(is_ready(objects, name), 60)
        assert objects.found[name].status.adopted
        assert (await settings_of(name))["partitions"] == 3


async def test_deleted_with_its_object(objects, name):
    """A topic goes with its object if that was declared."""
    async with keeping(objects):
        objects.declare(name, deletion_policy=DeletionPolicy.DELETE)
        await until(is_ready(objects, name), 60)
        objects.delete(name)
        await until(lambda: name not in objects.found, 60)
    await until_gone(name)


async def test_refused(objects, name):
    """What Kafka refuses is told in Kafka's words, and a good object beside it is Ready."""
    async with keeping(objects):
        objects.declare(name, replicas=7)
        objects.declare(f"{name}-2", config={"retention.ms": "soon"})
        objects.declare(f"{name}-3")
        await until(is_ready(objects, f"{name}-3"), 60)
        await until(lambda: objects.said(name, "Blocked") == ("True", "InvalidReplicationFactor"), 60)
        await until(lambda: objects.said(f"{name}-2", "Blocked") == ("True", "InvalidConfig"), 60)
        assert "soon" in objects.found[f"{name}-2"].status.condition("Ready").message


async def test_away_and_back(objects, name):
    """While Kafka hangs objects say so and keep their Ready; when it is back a new object gets its topic."""
    async with keeping(objects, patience_s=2.0):
        objects.declare(name)
        await until(is_ready(objects, name), 60)
        with broker().paused():
            await until(lambda: objects.said(name, "Synced") == ("Unknown", "KafkaUnavailable"), 60)
            assert objects.said(name, "Ready") == READY
            objects.declare(f"{name}-2")
            await until(lambda: objects.said(f"{name}-2", "Ready") == ("Unknown", "KafkaUnavailable"), 60)
        await until(is_ready(objects, name), 60)
        await until(is_ready(objects, f"{name}-2"), 60)


async def until_gone(name):
    """Return once Kafka has forgotten the topic."""
    topics = over_kafka()
    async with asyncio.timeout(60):
        while name in await topics.describe([name]):
            await asyncio.sleep(0.05)
