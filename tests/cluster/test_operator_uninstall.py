"""Whoever removes what the operator kept, while no operator is there, is not kept waiting for it."""

import json

import pytest
import yaml
from support.cluster import NAMESPACE, RELEASE, kubectl, read
from support.cluster_pods import pods
from support.cluster_releases import apply, done, helm, until
from support.cluster_ring import OPERATOR, SECRET, condition, ring

from parley_operator.topics.model import FINALIZER, GROUP, VERSION

pytestmark = [pytest.mark.cluster, pytest.mark.drill]

KINDS = ("TurnSecretRotation", "KafkaTopic")
HELD = "e2e-held"


@pytest.fixture
def dead():
    """No operator, and afterwards one again."""
    kubectl("scale", "deployment", OPERATOR, "--replicas=0")
    try:
        until(lambda: not pods("operator"), "the operator is still there")
        yield
    finally:
        kubectl("scale", "deployment", OPERATOR, "--replicas=1")
        until(lambda: len(pods("operator")) == 1 and all(pods("operator").values()), "the operator is not back")


@pytest.fixture
def held():
    """A topic that is to go with its object, which therefore has our finalizer."""
    head = {"name": HELD, "labels": {"app.kubernetes.io/instance": RELEASE}}
    body = {"apiVersion": f"{GROUP}/{VERSION}", "kind": "KafkaTopic", "metadata": head}
    apply(json.dumps(body | {"spec": {"partitions": 1, "deletionPolicy": "Delete"}}))
    until(lambda: read("kafkatopic", HELD)["metadata"].get("finalizers") == [FINALIZER], "it is not held", 60)


def installed():
    """The objects of these kinds that the chart has made, as it made them; Helm knows its own by the annotations."""
    rendered = [it for it in yaml.safe_load_all(done(helm("get", "manifest", RELEASE))) if it and it["kind"] in KINDS]
    for it in rendered:
        it["metadata"]["annotations"] = {
            "meta.helm.sh/release-name": RELEASE,
            "meta.helm.sh/release-namespace": NAMESPACE,
        }
    return rendered


def test_nothing_that_the_chart_made_waits_for_an_operator(dead):
    """Each object goes at once, the ring stays in its Secret, and who comes next finds both as they were."""
    objects, before = installed(), ring()
    assert {it["kind"] for it in objects} == set(KINDS)
    for it in objects:
        kubectl("delete", it["kind"].lower(), it["metadata"]["name"], "--timeout=20s")
    assert ring() == before
    apply(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))


def test_the_ring_goes_on_afterwards():
    """A rotation object that was removed and made again keeps the ring that is there."""
    until(lambda: condition("Ready") == ("True", "Idle"), "the rotation is not Ready")
    assert SECRET in kubectl("get", "secrets", "-o", "name")


def test_a_topic_that_is_to_go_is_let_go_by_hand(held, dead):
    """An object with deletionPolicy Delete waits for the operator, and docs/operator.md says how not to."""
    kubectl("delete", "kafkatopic", HELD, "--wait=false")
    assert read("kafkatopic", HELD)["metadata"]["deletionTimestamp"]
    kubectl("patch", "kafkatopic", HELD, "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    until(lambda: HELD not in kubectl("get", "kafkatopics", "-o", "name"), "it is still there", 20)
