"""An object read into our words: what is left out, what cannot be understood, and what somebody has edited."""

import pytest
from hypothesis import given
from hypothesis import strategies as some
from support.topic_claims import carried_out, claims, holding, topics

from parley_operator.topics.model import AdoptionPolicy, ConfigPolicy, DeletionPolicy, InvalidSpec, TopicSpec
from parley_operator.topics.reading import read_claim, read_spec, read_status, status_body

META = {"uid": "u1", "namespace": "here", "name": "letters"}

anything = some.recursive(
    some.none() | some.booleans() | some.integers(-3, 3) | some.text("ab.", max_size=5),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text("ab.", max_size=5), inner, max_size=3),
    max_leaves=5,
)
FIELDS = ["topicName", "partitions", "replicas", "config", "configPolicy", "deletionPolicy", "adoptionPolicy", "paused"]
TOLD = [*FIELDS[:3], "observedGeneration", "topicId", "adopted", "recreating", "drift", "conditions"]


def test_defaults():
    """An empty spec declares a topic of the object's name with the brokers' numbers, kept when the object goes."""
    assert read_spec({}, "letters") == TopicSpec(
        topic_name="letters",
        config_policy=ConfigPolicy.LISTED,
        deletion_policy=DeletionPolicy.RETAIN,
        adoption_policy=AdoptionPolicy.IF_COMPATIBLE,
    )


@pytest.mark.parametrize(
    ("spec", "word"),
    [
        ({"topicName": "a b"}, "topicName"),
        ({"topicName": ".."}, "topicName"),
        ({"topicName": "__consumer_offsets"}, "Kafka's own"),
        ({"topicName": "a\n"}, "topicName"),
        ({"partitions": 0}, "partitions"),
        ({"partitions": True}, "partitions"),
        ({"replicas": "3"}, "replicas"),
        ({"config": {"retention.ms": 5}}, "string"),
        ({"deletionPolicy": "Maybe"}, "Retain, Delete"),
        ({"configPolicy": ["Exact"]}, "Listed, Exact"),
    ],
)
def test_invalid(spec, word):
    """A mistake that the schema would let through becomes a sentence that names the field."""
    found = read_spec(spec, "letters")
    assert isinstance(found, InvalidSpec)
    assert word in found.sentence


@given(some.dictionaries(some.sampled_from(FIELDS), anything), some.dictionaries(some.sampled_from(TOLD), anything))
def test_never_raises(spec, status):
    """Whatever a spec and a status hold, the object can be read."""
    found = read_claim({"metadata": META, "spec": spec, "status": status})
    assert isinstance(found.spec, TopicSpec | InvalidSpec)


@given(claims, topics)
def test_memory(claim, topic):
    """What was written to a status is read back as it was."""
    after, _ = carried_out(claim, holding(topic))
    assert read_status(status_body(after.status)) == after.status
