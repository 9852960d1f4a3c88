"""Kafka topics as objects of the cluster: made, grown, refused, and left where they are when their object goes."""

import json
import uuid

import pytest
from support.cluster import RELEASE, kubectl, read
from support.cluster_releases import apply, until

from parley_operator.topics.model import GROUP, VERSION

pytestmark = pytest.mark.cluster

OURS = ("new-registration", "new-registration.dlq")
WITHIN_S = 60


def declared(name, **spec):
    """Make or change an object that the installation's operator looks after."""
    head = {"name": name, "labels": {"app.kubernetes.io/instance": RELEASE}}
    apply(json.dumps({"apiVersion": f"{GROUP}/{VERSION}", "kind": "KafkaTopic", "metadata": head, "spec": spec}))


def said(name, kind):
    """Status and reason of a condition, of the newest generation only."""
    found = read("kafkatopic", name)
    for it in found.get("status", {}).get("conditions", ()):
        if it["type"] == kind and it["observedGeneration"] == found["metadata"]["generation"]:
            return it["status"], it["reason"]
    return None


def becomes(name, kind, answer):
    """Wait until a condition says so."""
    until(lambda: said(name, kind) == answer, f"{kind} of {name} is not {answer}", WITHIN_S)


@pytest.fixture
def topic():
    """A name; the object of that name and its topic are gone afterwards."""
    name = f"e2e-{uuid.uuid4().hex[:8]}"
    yield name
    if name in kubectl("get", "kafkatopics", "-o", "name"):
        kubectl(
            "patch", "kafkatopic", name, "--type=merge", "-p", '{"spec":{"deletionPolicy":"Delete","paused":false}}'
        )
        kubectl("delete", "kafkatopic", name, "--timeout=60s")


def test_the_topics_of_the_services_are_as_declared():
    """Both are Ready, under the names that the services use."""
    found = {it["spec"]["topicName"]: it["metadata"]["name"] for it in read("kafkatopics")["items"]}
    assert found.keys() >= set(OURS)
    for name in OURS:
        becomes(found[name], "Ready", ("True", "AsDeclared"))


def test_a_topic_is_made_and_grows(topic):
    """A declared topic comes about in Kafka with its partitions, gets more of them, and keeps its id."""
    declared(topic, partitions=1, config={"retention.ms": "600000"})
    becomes(topic, "Ready", ("True", "AsDeclared"))
    first = read("kafkatopic", topic)["status"]
    declared(topic, partitions=3, config={"retention.ms": "700000"})
    becomes(topic, "Ready", ("True", "AsDeclared"))
    status = read("kafkatopic", topic)["status"]
    assert (first["partitions"], status["partitions"], status["topicId"]) == (1, 3, first["topicId"])


def test_a_change_that_destroys_is_blocked(topic):
    """Other replicas than there are make the object Blocked with what to do, and what can be done is done."""
    declared(topic, partitions=1, replicas=1)
    becomes(topic, "Ready", ("True", "AsDeclared"))
    declared(topic, partitions=2, replicas=3)
    becomes(topic, "Blocked", ("True", "ReassignmentRequired"))
    assert said(topic, "Ready") == ("False", "ReassignmentRequired")
    until(lambda: read("kafkatopic", topic)["status"]["partitions"] == 2, "the partition was not added", WITHIN_S)


def test_a_paused_object_changes_nothing(topic):
    """While it is paused what is not as declared is told and left."""
    declared(topic, partitions=1)
    becomes(topic, "Ready", ("True", "AsDeclared"))
    declared(topic, partitions=2, paused=True)
    becomes(topic, "Drifted", ("True", "NotAsDeclared"))
    assert (said(topic, "Paused"), read("kafkatopic", topic)["status"]["partitions"]) == (("True", "Paused"), 1)


def test_a_second_object_for_a_topic_is_refused(topic):
    """The older object keeps the topic, and the younger one says whose it is."""
    declared(topic, partitions=1)
    becomes(topic, "Ready", ("True", "AsDeclared"))
    second = f"{topic}-too"
    declared(second, topicName=topic, partitions=5)
    try:
        becomes(second, "Conflict", ("True", "Conflict"))
    finally:
        kubectl("delete", "kafkatopic", second, "--timeout=30s")
    assert read("kafkatopic", topic)["status"]["partitions"] == 1


BAD = {
    "no-name": ({"topicName": "__consumer_offsets"}, "such topics are Kafka's own"),
    "dots": ({"topicName": ".."}, "topicName may not be . or .."),
    "no-partition": ({"partitions": 0}, "should be greater than or equal to 1"),
    "no-policy": ({"deletionPolicy": "Perhaps"}, 'supported values: "Retain", "Delete"'),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_object_is_refused(name):
    """The API server refuses it with a sentence, where it is written."""
    spec, words = BAD[name]
    with pytest.raises(AssertionError, match=words.replace(".", r"\.")):
        declared(f"bad-{name}", **spec)


CHANGES = {
    "shrunk": ({"partitions": 1}, "partitions can only grow"),
    "renamed": ({"partitions": 2, "topicName": "another"}, "topicName cannot be added"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_that_can_never_be_is_refused(topic, name):
    """The API server refuses a topic that would shrink or have another name."""
    spec, words = CHANGES[name]
    declared(topic, partitions=2)
    with pytest.raises(AssertionError, match=words):
        declared(topic, **spec)


def test_an_object_that_goes_leaves_its_topic(topic):
    """Without another word a topic outlives its object; with deletionPolicy Delete it goes as well."""
    declared(topic, partitions=1)
    becomes(topic, "Ready", ("True", "AsDeclared"))
    first = read("kafkatopic", topic)
    assert "finalizers" not in first["metadata"]
    kubectl("delete", "kafkatopic", topic, "--timeout=30s")
    declared(topic, partitions=1, deletionPolicy="Delete")
    becomes(topic, "Ready", ("True", "AsDeclared"))
    second = read("kafkatopic", topic)["status"]
    assert (second["adopted"], second["topicId"]) == (True, first["status"]["topicId"])
    kubectl("delete", "kafkatopic", topic, "--timeout=60s")
    declared(topic, partitions=1, adoptionPolicy="Never")
    becomes(topic, "Ready", ("True", "AsDeclared"))
    assert read("kafkatopic", topic)["status"]["topicId"] != first["status"]["topicId"]
