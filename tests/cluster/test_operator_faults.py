"""What becomes of the ring when rights are taken away, or when somebody edits its Secret: it is told, nothing is lost.

Next: `test_operator_uninstall.py`, what becomes of everything without the operator.
"""

import asyncio
import base64
import contextlib
import json

import pytest
from support.cluster import RELEASE, kubectl, read
from support.cluster_allocations import RELAY
from support.cluster_pods import kill, pods
from support.cluster_releases import CHART, apply, until
from support.cluster_ring import AGENT, DEFINITION, OPERATOR, ROTATION, SECRET, condition, ring, rotation, wish

from parley_operator.agent.canary import Answer, ask
from parley_operator.ring.model import Phase

pytestmark = [pytest.mark.cluster, pytest.mark.drill]

SEEN_WITHIN_S = 60
"""The operator looks every 30 s at what it may not watch."""


def told(kind, answer):
    """Wait until a condition says so."""
    until(lambda: condition(kind) == answer, f"{kind} is not {answer} but {condition(kind)}", SEEN_WITHIN_S)


def accepted(secret):
    """Whether the relay takes this secret."""
    return asyncio.run(ask(RELAY, secret)) is Answer.ACCEPTED


@contextlib.contextmanager
def without_right_to_the_secret():
    """The operator's Role lacks its first rule meanwhile."""
    role = read("role", OPERATOR)
    assert role["rules"][0]["resources"] == ["secrets"], role["rules"]
    kubectl("patch", "role", OPERATOR, "--type=json", "-p", '[{"op": "remove", "path": "/rules/0"}]')
    try:
        yield
    finally:
        kubectl("patch", "role", OPERATOR, "--type=merge", "-p", json.dumps({"rules": role["rules"]}))


@pytest.fixture(autouse=True)
def well():
    """Each test begins and ends with a ring at rest that is Ready."""
    told("Ready", ("True", "Idle"))
    yield
    told("Ready", ("True", "Idle"))


def test_a_right_that_is_missing_is_told():
    """The object says what the operator may not do; afterwards it is Ready again, and the ring is as it was."""
    before = ring()
    with without_right_to_the_secret():
        told("Ready", ("Unknown", "Forbidden"))
        assert condition("Blocked") == ("True", "Forbidden")
        assert SECRET in rotation()["status"]["waitingFor"]
    told("Blocked", ("False", "Idle"))
    assert ring() == before


def put(data):
    """Write this into the Secret as somebody with an editor does; None takes the ring away."""
    kubectl("patch", "secret", SECRET, "--type=merge", "-p", json.dumps({"data": {"ring.json": data}}))


def all_ready():
    """Whether coturn and rtc-service are given work."""
    return all(pods("turn", "rtc-service").values())


@pytest.mark.parametrize("data", ["Z2FyYmFnZQ==", None], ids=["garbage", "nothing"])
def test_a_ring_that_was_edited_is_put_back(data):
    """What somebody did to the Secret is undone from what the operator remembers, and nobody is turned away."""
    before = ring()
    put(data)
    until(lambda: text() == before, "the ring is not back", SEEN_WITHIN_S)
    assert all_ready()
    assert accepted(before.current.secret)
    events = read("events", "--field-selector", f"involvedObject.name={ROTATION},reason=RingRestored")["items"]
    assert events


def text():
    """The ring, None while there is none."""
    try:
        return ring()
    except ValueError:
        return None


def test_a_ring_that_nobody_remembers_takes_nothing_away():
    """Without an operator who knows the ring an edit blocks rotations alone, and an rtc-service still has the ring."""
    before = ring()
    kubectl("scale", "deployment", OPERATOR, "--replicas=0")
    try:
        until(lambda: not pods("operator"), "the operator is still there")
        put(None)
    finally:
        kubectl("scale", "deployment", OPERATOR, "--replicas=1")
    try:
        told("Blocked", ("True", "RingLost"))
        assert all_ready()
        assert accepted(before.current.secret)
    finally:
        # As docs/operator.md says.
        held = kubectl("exec", f"deploy/{RELEASE}-rtc-service", "-c", AGENT, "--", "cat", "/etc/parley/ring/ring.json")
        put(base64.b64encode(held.encode()).decode())
    told("Blocked", ("False", "Idle"))
    assert (ring().revision, ring().keys) == (before.revision, before.keys)


def test_a_paused_ring_waits():
    """While the object is paused no wish is fulfilled, and it is not forgotten."""
    before = ring()
    wish(paused=True, trigger="while-paused")
    until(lambda: condition("Ready")[1] == "Paused", "it is not paused", SEEN_WITHIN_S)
    kill("operator")
    until(lambda: len(pods("operator")) == 1 and all(pods("operator").values()), "the operator is not back")
    assert ring() == before
    # What has not begun can be given up.
    wish(paused=None, trigger=None)
    told("Ready", ("True", "Idle"))
    assert (ring().phase, ring().current) == (Phase.IDLE, before.current)


BAD = {
    "ttl": ({"maxCredentialTTL": "10s"}, "maxCredentialTTL is between 5m and 24h"),
    "skew": ({"clockSkew": "1h"}, "clockSkew is at most 10m"),
    "secret": ({"ringSecretName": "another"}, "ringSecretName cannot be changed"),
    "schedule": ({"schedule": {"every": "5m"}}, "every is at least 1h"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_wish_is_refused(name):
    """The API server refuses it with a sentence."""
    spec, words = BAD[name]
    with pytest.raises(AssertionError, match=words):
        wish(**spec)


def test_an_older_definition_is_brought_up_to_date_without_loss():
    """Objects outlive a definition that is replaced by the chart's, and go on under it."""
    before = rotation()
    shown = read("crd", DEFINITION)["spec"]["versions"][0]["additionalPrinterColumns"]
    columns = [{"op": "remove", "path": "/spec/versions/0/additionalPrinterColumns"}]
    kubectl("patch", "crd", DEFINITION, "--type=json", "-p", json.dumps(columns))
    assert "additionalPrinterColumns" not in read("crd", DEFINITION)["spec"]["versions"][0]
    apply(chart_definition())
    assert read("crd", DEFINITION)["spec"]["versions"][0]["additionalPrinterColumns"] == shown
    assert rotation()["metadata"]["uid"] == before["metadata"]["uid"]
    assert rotation()["spec"] == before["spec"]


def chart_definition():
    """The definition as an upgrade applies it."""
    return (CHART / "crds" / "turnsecretrotations.yaml").read_text()
