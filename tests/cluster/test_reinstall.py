"""Uninstalling leaves what the README of the chart lists; what is installed anew finds the same people and history."""

import re
import time
from pathlib import Path

import pytest
import yaml
from conformance.conftest import signed_in
from support.cluster import RELEASE, kubectl
from support.cluster_history import answers, talked, whole
from support.cluster_releases import CHART, done, given_values, helm, install, until

pytestmark = [pytest.mark.cluster, pytest.mark.drill]

TEXTS = [f"before it was uninstalled, {it}" for it in range(12)]
ROLE_OF_THE_CONTROLLER = Path(__file__).parents[2] / "k8s/ingress/traefik/role-in-parley.yaml"
KINDS = {"role": "role.rbac.authorization.k8s.io", "rolebinding": "rolebinding.rbac.authorization.k8s.io"}

IN_PASSING = {"events", "events.events.k8s.io", "pods.metrics.k8s.io", "endpoints"}
"""Kinds whose objects come and go with others."""


def documented():
    """The objects that the README says stay, as kubectl names them."""
    text = (CHART / "README.md").read_text()
    (part,) = re.findall(r"^## What stays after `helm uninstall`\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)
    return {it.replace("<release>", RELEASE) for it in re.findall(r"^\| `(\w+/[^`]+)`", part, re.MULTILINE)}


def left():
    """Every object in the namespace but those that Kubernetes and the ingress controller have put there."""
    kinds = kubectl("api-resources", "--namespaced", "--verbs=list", "-o", "name").split()
    found = kubectl("get", ",".join(it for it in kinds if it not in IN_PASSING), "-o", "name")
    others = yaml.safe_load_all(ROLE_OF_THE_CONTROLLER.read_text())
    of_others = {f"{KINDS[it['kind'].lower()]}/{it['metadata']['name']}" for it in others}
    return set(found.split()) - of_others - {"configmap/kube-root-ca.crt", "serviceaccount/default"}


@pytest.fixture(scope="module")
def people(server):
    """Two of them."""
    return [signed_in(server, name) for name in ("ann", "bob")]


async def test_what_is_uninstalled_comes_back(people, figures):
    """What is left is what is documented; after another installation each session holds and the history is whole."""
    ann, bob = people
    conv = await talked(ann, bob, TEXTS)
    values = given_values()
    begun = time.monotonic()
    try:
        done(helm("uninstall", RELEASE, "--wait", "--timeout", "3m"))
        until(lambda: left() <= documented(), f"more than {documented()} is left: {left()}", 30)
        assert left() == documented()
        gone_s = time.monotonic() - begun
    finally:
        install(RELEASE, values)
    figures(f"gone after {gone_s:.0f} s, Ready again {time.monotonic() - begun - gone_s:.0f} s later")
    until(lambda: answers(ann), "there is no way in", 30)
    assert await whole(people, conv, TEXTS)
