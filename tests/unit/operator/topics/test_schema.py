"""The schema of KafkaTopic: what it takes, what it refuses, and that it says the same as the code.

That the API server takes the definition and keeps its CEL rules is asked in `tests/cluster/`.
"""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from jsonschema import Draft202012Validator
from support.topic_claims import carried_out, claims, holding, topics

from parley_operator.topics import model
from parley_operator.topics.conditions import TYPES
from parley_operator.topics.reading import read_spec, status_body

CRD = yaml.safe_load((Path(__file__).parents[4] / "charts/parley/crds/kafkatopics.yaml").read_text())
(VERSION,) = CRD["spec"]["versions"]
SCHEMA = VERSION["schema"]["openAPIV3Schema"]
SPEC = SCHEMA["properties"]["spec"]
POLICIES = {
    "configPolicy": model.ConfigPolicy,
    "deletionPolicy": model.DeletionPolicy,
    "adoptionPolicy": model.AdoptionPolicy,
}


def takes(spec):
    return Draft202012Validator(SCHEMA).is_valid({"spec": spec})


def every(schema):
    """A schema and all within it."""
    yield schema
    inner = [*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties")]
    for one in inner:
        if isinstance(one, dict):
            yield from every(one)


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"topicName": "new-registration", "partitions": 6, "replicas": 3},
        {"config": {"retention.ms": "600000", "cleanup.policy": "compact,delete"}, "configPolicy": "Exact"},
        {"deletionPolicy": "Delete", "adoptionPolicy": "Never", "paused": True},
    ],
)
def test_takes(spec):
    """What people will declare is taken by the schema and understood by the operator."""
    assert takes(spec)
    assert isinstance(read_spec(spec, "letters"), model.TopicSpec)


@pytest.mark.parametrize(
    "spec",
    [
        {"topicName": ""},
        {"topicName": "a b"},
        {"topicName": "a" * 250},
        {"partitions": 0},
        {"partitions": "6"},
        {"replicas": 0},
        {"replicas": 40000},
        {"config": {"retention.ms": 600000}},
        {"config": ["retention.ms"]},
        {"configPolicy": "listed"},
        {"deletionPolicy": "Orphan"},
        {"adoptionPolicy": ""},
        {"paused": "yes"},
    ],
)
def test_refuses(spec):
    """A mistake is refused by the schema already."""
    assert not takes(spec)


@given(claims, topics)
def test_statuses_fit(claim, topic):
    """Every status that the operator writes is what the schema has, without a field that would be cut off."""
    after, _ = carried_out(claim, holding(topic))
    body = {key: value for key, value in status_body(after.status).items() if value is not None}
    status = SCHEMA["properties"]["status"]
    assert Draft202012Validator(status).is_valid(body)
    assert body.keys() <= status["properties"].keys()
    fields = status["properties"]["conditions"]["items"]["properties"].keys()
    assert all(it.keys() == fields for it in body["conditions"])


def test_same_policies():
    """Policies and their defaults are the same in the schema and in the code."""
    default = read_spec({}, "letters")
    for field, kind in POLICIES.items():
        assert SPEC["properties"][field]["enum"] == list(kind)
    assert SPEC["properties"]["configPolicy"]["default"] == default.config_policy
    assert SPEC["properties"]["deletionPolicy"]["default"] == default.deletion_policy
    assert SPEC["properties"]["adoptionPolicy"]["default"] == default.adoption_policy


def test_names():
    """Group, version and plural are those that the operator asks for."""
    names = CRD["spec"]["names"]
    assert CRD["metadata"]["name"] == f"{model.PLURAL}.{model.GROUP}"
    assert (CRD["spec"]["group"], VERSION["name"]) == (model.GROUP, model.VERSION)
    assert (names["plural"], names["kind"]) == (model.PLURAL, model.KIND)


def test_structural():
    """Each part of the schema has a type, as the API server wants it."""
    assert all("type" in it for it in every(SCHEMA))


def test_rules_have_sentences():
    """Each CEL rule has a sentence for whoever breaks it, and those that guard a topic are there."""
    rules = [rule for it in every(SCHEMA) for rule in it.get("x-kubernetes-validations", ())]
    assert all(len(rule["message"].split()) > 4 for rule in rules)
    assert "self == oldSelf" in [it["rule"] for it in SPEC["properties"]["topicName"]["x-kubernetes-validations"]]
    assert "self >= oldSelf" in [it["rule"] for it in SPEC["properties"]["partitions"]["x-kubernetes-validations"]]


def test_columns():
    """kubectl shows Ready, Synced and why, of conditions that the operator writes."""
    paths = {it["name"]: it["jsonPath"] for it in VERSION["additionalPrinterColumns"] if not it.get("priority")}
    assert list(paths) == ["Topic", "Partitions", "Replicas", "Ready", "Synced", "Reason", "Age"]
    for name in ("Ready", "Synced"):
        assert name in TYPES
        assert paths[name] == f'.status.conditions[?(@.type=="{name}")].status'
    assert VERSION["subresources"] == {"status": {}}
