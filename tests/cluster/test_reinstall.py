"""Uninstalling leaves what the README of the chart lists; what is installed anew finds the same people and history."""

import asyncio
import re
import time
import uuid
from http import HTTPStatus
from pathlib import Path

import httpx2
import pytest
import yaml
from conformance.client import Person, client
from conformance.conftest import signed_in
from support.cluster import RELEASE, kubectl
from support.cluster_releases import CHART, done, given_values, helm, install, until

pytestmark = pytest.mark.cluster

TEXTS = [f"before it was uninstalled, {it}" for it in range(12)]
PATIENCE_S = 60
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


async def talked(ann: Person, bob: Person) -> str:
    """The conversation in which she has said everything."""
    async with client(ann) as at_ann:
        conv = (await at_ann.post("/api/conversations", {"kind": "group", "members": [bob.id], "title": "Kept"}, 201))[
            "conv"
        ]
        after = [1, 0]
        for text in TEXTS:
            body = {"id": str(uuid.uuid4()), "after": after, "kind": "text", "body": text}
            posted = await at_ann.post(f"/api/conversations/{conv}/messages", body, 201)
            after = [posted["epoch"], posted["seq"]]
    return conv


async def read_by(person: Person, conv: str) -> list[str]:
    """The texts of the conversation."""
    async with client(person) as http, asyncio.timeout(PATIENCE_S):
        found = await http.get(f"/api/conversations/{conv}/messages", params={"after": 0, "limit": 200})
    return [it["body"] for it in found["items"] if it["kind"] == "text"]


def answers(person: Person) -> bool:
    """Whether the way in leads to the services, of whose pods the controller hears a moment after they are Ready."""
    paths = ("/me", "/api/conversations")
    return all(
        httpx2.get(person.url + it, headers=person.headers).status_code != HTTPStatus.SERVICE_UNAVAILABLE
        for it in paths
    )


async def test_what_is_uninstalled_comes_back(people, figures):
    """What is left is what is documented; after another installation each session holds and the history is whole."""
    ann, bob = people
    conv = await talked(ann, bob)
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
    for person in people:
        assert await read_by(person, conv) == TEXTS
    async with client(bob) as at_bob:
        assert (await at_bob.get("/me"))["email"] == bob.email
