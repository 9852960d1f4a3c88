"""What the engine does when Kafka or the API server is away, when events are lost, and when it is wrong itself."""

import asyncio

import pytest
from support.waiting import until

from parley_operator.topics.engine import Engine, Pace, WatchLost
from parley_operator.topics.meters import TopicMeters
from parley_operator.topics.planning import plan

READY = ("True", "AsDeclared")
AWAY = ("Unknown", "KafkaUnavailable")
BUSY = Pace(linger_s=0.01, resync_s=0.05, first_pause_s=0.01, longest_pause_s=0.05)


async def test_kafka_away(working, objects, kafka, registry):
    """While Kafka is away all objects say so, Ready stays as it was and comes to no new one; then all goes on."""
    objects.declare("letters")
    objects.declare("untouched")
    async with working():
        await until(lambda: objects.said("letters", "Ready") == READY)
        kafka.is_away = True
        objects.declare("another")
        await until(lambda: objects.said("letters", "Synced") == AWAY)
        await until(lambda: objects.said("another", "Ready") == AWAY)
        assert objects.said("letters", "Ready") == READY
        assert registry.get_sample_value("parley_kafkatopic_kafka_up") == 0
        objects.declare("letters", partitions=3)
        await until(lambda: objects.said("letters", "Ready") == AWAY)
        kafka.is_away = False
        await until(lambda: objects.said("letters", "Ready") == READY)
        await until(lambda: objects.said("another", "Synced") == objects.said("untouched", "Synced") == READY)
        assert registry.get_sample_value("parley_kafkatopic_kafka_up") == 1
        assert kafka.found["letters"].partitions == 3


async def test_api_server_away(working, objects, kafka, registry):
    """An API server that is away when we start or write is asked again until it answers."""
    objects.declare("letters")
    objects.is_away = True
    async with working(BUSY):
        await asyncio.sleep(0)
        objects.is_away = False
        await until(lambda: objects.said("letters", "Ready") == READY)
        objects.is_away = True
        objects.declare("another")
        await until(lambda: registry.get_sample_value("parley_kafkatopic_write_failures_total", {"what": "status"}))
        assert "another" in kafka.found
        objects.is_away = False
        await until(lambda: objects.said("another", "Ready") == READY)
        assert not objects.found["another"].status.adopted


async def test_bug(working, objects, registry):
    """A mistake of ours at one object is told on it and counted, and the others go on."""

    def broken_for_one(look):
        if look.claim.name == "unlucky":
            raise ZeroDivisionError
        return plan(look)

    objects.declare("unlucky")
    objects.declare("good")
    async with working(plan_one=broken_for_one):
        await until(lambda: objects.said("good", "Ready") == READY)
        await until(lambda: ("unlucky", "InternalError") in objects.told)
        assert registry.get_sample_value("parley_kafkatopic_internal_errors_total") >= 1


async def test_lost_events(working, objects, kafka):
    """What no event told of is found by listing: a new object, another spec, and one that is gone."""
    async with working(BUSY) as engine:
        objects.declare("letters")
        objects.declare("gone")
        await until(lambda: objects.said("letters", "Ready") == objects.said("gone", "Ready") == READY)
        objects.watcher = None
        objects.declare("letters", partitions=3)
        del objects.found["gone"]
        objects.watcher = engine
        await until(lambda: kafka.found["letters"].partitions == 3)
        await until(lambda: len(engine.claims) == 1)


async def test_dead_watch(objects, kafka, registry):
    """A change that two listings have brought and no event ends the engine, because the watch has died."""
    engine = Engine(objects, kafka, TopicMeters(registry), BUSY)
    objects.watcher = None
    objects.declare("letters")
    with pytest.raises(ExceptionGroup) as ended:
        async with asyncio.timeout(20):
            await engine.run()
    assert ended.value.subgroup(WatchLost)
