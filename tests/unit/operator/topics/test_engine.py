"""What the engine does with objects as they come and go, over Kafka and an API server in memory.

Outages and mistakes: `test_engine_in_trouble.py`. Against a real Kafka: `tests/flows/engines/test_operator_topics.py`.
"""

from dataclasses import replace

from support.topic_claims import actual
from support.topic_objects import BAD
from support.waiting import until

from parley_operator.topics.engine import Pace
from parley_operator.topics.inprocess import InProcessTopics
from parley_operator.topics.model import FINALIZER, DeletionPolicy

READY = ("True", "AsDeclared")


async def test_ready(working, objects, kafka):
    """An object that is declared gets its topic, says Ready, and is told of once; then nothing is written any more."""
    async with working() as engine:
        objects.declare("letters", partitions=3)
        await until(lambda: objects.said("letters", "Ready") == READY)
        assert kafka.found["letters"].partitions == 3
        assert objects.told == [("letters", "TopicCreated")]
        written = len(objects.writes)
        await engine.resync()
        await until(lambda: engine.is_idle)
        assert len(objects.writes) == written


class Attentive(InProcessTopics):
    """Remembers who held each object when its topic was made."""

    def __init__(self, objects):
        super().__init__()
        self._objects, self.held = objects, []

    async def create(self, topics):
        self.held += [self._objects.found[topic.name].finalizers for topic in topics]
        return await super().create(topics)


async def test_held_before_it_is_made(working, objects):
    """An object with deletionPolicy Delete is held before its topic is made, and goes with its topic."""
    async with working(topics=(kafka := Attentive(objects))):
        objects.declare("letters", deletion_policy=DeletionPolicy.DELETE)
        await until(lambda: objects.said("letters", "Ready") == READY)
        assert kafka.held == [(FINALIZER,)]
        objects.delete("letters")
        await until(lambda: "letters" not in objects.found)
        assert "letters" not in kafka.found


async def test_released(working, objects, kafka):
    """An object whose policy becomes Retain is held no longer, and its topic stays when it goes."""
    async with working():
        objects.declare("letters", deletion_policy=DeletionPolicy.DELETE)
        await until(lambda: objects.said("letters", "Ready") == READY)
        objects.declare("letters", deletion_policy=DeletionPolicy.RETAIN)
        await until(lambda: not objects.found["letters"].finalizers)
        objects.delete("letters")
        assert "letters" not in objects.found
        assert "letters" in kafka.found


async def test_retain_holds_nothing(working, objects):
    """An object with the default policy never gets a finalizer."""
    async with working():
        objects.declare("letters")
        await until(lambda: objects.said("letters", "Ready") == READY)
        assert objects.found["letters"].finalizers == ()


async def test_two_for_one_topic(working, objects, kafka):
    """Of two objects for one topic the older wins, though it is listed last; the other takes over once it is gone."""
    objects.declare("younger", topic_name="letters", partitions=9, created="2026-10-02T00:00:00Z")
    objects.declare("older", topic_name="letters", partitions=3)
    async with working():
        await until(lambda: objects.said("older", "Ready") == READY)
        await until(lambda: objects.said("younger", "Conflict") == ("True", "Conflict"))
        assert kafka.found["letters"].partitions == 3
        objects.delete("older")
        await until(lambda: objects.said("younger", "Conflict") == ("False", "OnlyClaim"))
        assert objects.said("younger", "Blocked") == ("True", "NotCompatible")


async def test_drift(working, objects, kafka):
    """What somebody changes in Kafka is found at the next resync, put right, and told."""
    async with working(Pace(linger_s=0.01, resync_s=0.05)):
        objects.declare("letters", config={"retention.ms": "1000"})
        await until(lambda: objects.said("letters", "Ready") == READY)
        there = kafka.found["letters"]
        kafka.found["letters"] = replace(there, config={**there.config, "retention.ms": "1"})
        await until(lambda: ("letters", "DriftRepaired") in objects.told)
        assert kafka.found["letters"].config["retention.ms"] == "1000"
        await until(lambda: objects.said("letters", "Ready") == READY)


async def test_lost_and_replaced(working, objects, kafka):
    """A topic that is gone is made again and told of; one that was replaced is left alone until somebody accepts it."""
    async with working(Pace(linger_s=0.01, resync_s=0.05)):
        objects.declare("letters", partitions=3)
        await until(lambda: objects.said("letters", "Ready") == READY)
        first = kafka.found.pop("letters")
        await until(lambda: ("letters", "TopicMissing") in objects.told)
        await until(lambda: objects.said("letters", "Ready") == READY)
        assert kafka.found["letters"].topic_id != first.topic_id
        kafka.found["letters"] = replace(first, topic_id="theirs", partitions=1)
        await until(lambda: objects.said("letters", "Blocked") == ("True", "TopicReplaced"))
        assert kafka.found["letters"].partitions == 1
        objects.annotate("letters", "theirs")
        await until(lambda: objects.said("letters", "Ready") == READY)
        assert kafka.found["letters"].partitions == 3


async def test_batches(working, objects, kafka):
    """Many objects share few requests: a hundred take one of each kind, and one more look at what was done."""
    for number in range(100):
        objects.declare(f"letters-{number}")
    async with working():
        await until(lambda: all(objects.said(name, "Ready") == READY for name in objects.found))
        assert kafka.calls == ["describe", "create", "describe"]


async def test_one_bad_delays_no_other(working, objects):
    """Objects that are refused, blocked or not to be understood do not keep a good one from being Ready."""
    objects.declare("unknown", config={"nope": "1"})
    objects.declare("too-many", replicas=9)
    objects.declare("senseless", invalid=BAD)
    objects.declare("good")
    async with working():
        await until(lambda: objects.said("good", "Ready") == READY)
        await until(lambda: objects.said("unknown", "Blocked") == ("True", "InvalidConfig"))
        await until(lambda: objects.said("too-many", "Blocked") == ("True", "InvalidReplicationFactor"))
        await until(lambda: objects.said("senseless", "Blocked") == ("True", "InvalidSpec"))


async def test_adopted(working, objects, kafka):
    """A topic that was there first is taken over without a word of having been created."""
    kafka.found["letters"] = actual(partitions=1)
    async with working():
        objects.declare("letters")
        await until(lambda: objects.said("letters", "Ready") == READY)
        assert objects.found["letters"].status.adopted
        assert objects.told == []
