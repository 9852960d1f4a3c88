"""The port of topics over each of its adapters. What only Kafka can show: `test_topics_kafka.py`."""

import pytest
from support.kafka import new_topic
from support.kafka_topics import TOPICS, shown

from parley_operator.topics.actions import Configure, Create, Delete, Grow
from parley_operator.topics.model import Later, Refused


@pytest.fixture(params=TOPICS)
def topics(request, socket_enabled):
    return request.param()


async def made(topics, **more):
    name = new_topic()
    assert await topics.create([Create(name, **{"partitions": 2, "replicas": 1, "config": {}, **more})]) == {name: None}
    return name, await shown(topics, name, lambda it: it is not None)


async def test_create(topics):
    """A topic is made with the numbers and settings that were asked for, and only those settings are its own."""
    _, found = await made(topics, partitions=3, config={"retention.ms": "1000"})
    assert (found.partitions, found.replicas) == (3, 1)
    assert (found.config["retention.ms"], found.set_here) == ("1000", {"retention.ms"})
    assert found.config["cleanup.policy"] == "delete"
    assert found.topic_id


async def test_defaults(topics):
    """A topic without numbers gets those of the brokers."""
    _, found = await made(topics, partitions=None, replicas=None)
    assert (found.partitions, found.replicas) == (1, 1)


async def test_missing(topics):
    """A topic that does not exist is not described, and comes into being by no look."""
    name = new_topic()
    assert await topics.describe([name]) == {}
    assert await topics.describe([name]) == {}


async def test_nothing_to_do(topics):
    """Each call may be about no topic at all."""
    assert await topics.describe([]) == {}
    for call in (topics.create, topics.grow, topics.configure, topics.delete):
        assert await call([]) == {}


async def test_create_again(topics):
    """A topic that is there already is left as it is, and the call says so."""
    name, before = await made(topics)
    outcome = (await topics.create([Create(name, 5, 1, {"retention.ms": "1"})]))[name]
    assert isinstance(outcome, Later)
    assert (await topics.describe([name]))[name] == before


async def test_another_id(topics):
    """A topic that was deleted and made again has another id."""
    name, before = await made(topics)
    assert await topics.delete([Delete(name, before.topic_id)]) == {name: None}
    await shown(topics, name, lambda it: it is None)
    await topics.create([Create(name, 2, 1, {})])
    assert (await shown(topics, name, lambda it: it is not None)).topic_id != before.topic_id


async def test_grow(topics):
    """A topic gets more partitions and keeps its id; as many or fewer are refused."""
    name, before = await made(topics)
    assert await topics.grow([Grow(name, 4)]) == {name: None}
    assert (await shown(topics, name, lambda it: it.partitions == 4)).topic_id == before.topic_id
    for total in (4, 1):
        outcome = (await topics.grow([Grow(name, total)]))[name]
        assert isinstance(outcome, Refused)
        assert outcome.reason == "InvalidPartitions"


async def test_configure(topics):
    """Single settings are set and taken away; the others stay as they are."""
    name, _ = await made(topics, config={"retention.ms": "1000", "segment.ms": "2000"})
    assert await topics.configure([Configure(name, {"retention.bytes": "5"}, frozenset({"segment.ms"}))]) == {
        name: None
    }
    found = await shown(topics, name, lambda it: "segment.ms" not in it.set_here)
    assert found.set_here == {"retention.ms", "retention.bytes"}
    assert (found.config["retention.ms"], found.config["segment.ms"]) == ("1000", "604800000")


async def test_configure_all_or_nothing(topics):
    """Of a topic with one impossible setting none is changed."""
    name, before = await made(topics)
    outcome = (await topics.configure([Configure(name, {"retention.ms": "5", "nope": "1"})]))[name]
    assert isinstance(outcome, Refused)
    assert outcome.reason == "InvalidConfig"
    assert (await topics.describe([name]))[name] == before


async def test_one_refusal_among_many(topics):
    """What is refused for one topic is done for the others of the same call."""
    good, unknown, wide = new_topic(), new_topic(), new_topic()
    wanted = [Create(unknown, 1, 1, {"nope": "1"}), Create(wide, 1, 7, {}), Create(good, 1, 1, {})]
    outcomes = await topics.create(wanted)
    assert outcomes[good] is None
    assert (outcomes[unknown].reason, outcomes[wide].reason) == ("InvalidConfig", "InvalidReplicationFactor")
    assert "nope" in outcomes[unknown].sentence
    await shown(topics, good, lambda it: it is not None)
    outcomes = await topics.configure(
        [Configure(good, {"retention.ms": "7"}), Configure(unknown, {"retention.ms": "7"})]
    )
    assert outcomes[good] is None
    assert isinstance(outcomes[unknown], Later)
    outcomes = await topics.grow([Grow(unknown, 2), Grow(good, 2)])
    assert outcomes[good] is None
    assert isinstance(outcomes[unknown], Later)


async def test_delete_the_one_that_was_known(topics):
    """A topic is deleted by its id only; one that is gone is no mistake."""
    name, found = await made(topics)
    outcome = (await topics.delete([Delete(name, "another")]))[name]
    assert isinstance(outcome, Refused)
    assert outcome.reason == "TopicReplaced"
    assert name in await topics.describe([name])
    assert await topics.delete([Delete(name, found.topic_id)]) == {name: None}
    await shown(topics, name, lambda it: it is None)
    assert await topics.delete([Delete(name, found.topic_id)]) == {name: None}
