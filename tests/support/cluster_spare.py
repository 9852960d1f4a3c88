"""Pods of the local cluster that a test may spare: a second coturn, a second rtc-service, and their agents.

A call's way leads through the one coturn that the chart has, so that a copy of it, to which no Service leads, is
killed, drained and scaled. It has the ring like the other.
"""

import contextlib
import json
import subprocess
from collections.abc import Iterator
from typing import Any

from lightkube.resources.coordination_v1 import Lease
from lightkube.resources.core_v1 import Pod
from support.cluster import CONTEXT, RELEASE, kubectl, read
from support.cluster_releases import apply, until
from support.cluster_ring import AGENT, SECRET, api

from parley_operator.leases import RING

_COMPONENT = "app.kubernetes.io/component"
SPARE = f"{RELEASE}-turn-spare"


def pods_of(component: str) -> list[dict[str, Any]]:
    """Its pods that are not going."""
    labels = {"app.kubernetes.io/instance": RELEASE, _COMPONENT: component}
    found = [it.to_dict() for it in api().list(Pod, labels=labels)]
    return [it for it in found if "deletionTimestamp" not in it["metadata"]]


def only_pod_of(component: str) -> str:
    """The name of the one pod that it has."""
    (pod,) = pods_of(component)
    return str(pod["metadata"]["name"])


def identities(component: str, container: str) -> dict[str, tuple[str, int]]:
    """By name of the pod: its uid, and how often this container of it was restarted."""
    found = {}
    for pod in pods_of(component):
        states = {it["name"]: it["restartCount"] for it in pod["status"]["containerStatuses"]}
        found[pod["metadata"]["name"]] = (pod["metadata"]["uid"], states[container])
    return found


@contextlib.contextmanager
def spare_coturn() -> Iterator[str]:
    """A copy of coturn, Ready when this yields its component; gone in the end, and its Lease with it."""
    copy = read("statefulset", f"{RELEASE}-turn")
    selector = copy["spec"]["selector"]["matchLabels"] | {_COMPONENT: "turn-spare"}
    copy["metadata"] = {"name": SPARE, "labels": selector}
    copy["spec"]["selector"]["matchLabels"] = copy["spec"]["template"]["metadata"]["labels"] = selector
    copy["spec"]["serviceName"] = SPARE
    del copy["status"]
    apply(json.dumps(copy))
    try:
        ready(SPARE, 1)
        yield "turn-spare"
    finally:
        kubectl("delete", "statefulset", SPARE, "--wait=false")
        kubectl("delete", "pods", "-l", f"{_COMPONENT}=turn-spare", "--grace-period=0", "--force")


def ready(statefulset: str, replicas: int) -> None:
    """Return when so many of its pods are Ready."""
    until(
        lambda: read("statefulset", statefulset)["status"].get("readyReplicas", 0) == replicas,
        f"{statefulset} has not {replicas} Ready pods",
    )


def scale(kind: str, name: str, replicas: int) -> None:
    """Return at once."""
    kubectl("scale", kind, name, f"--replicas={replicas}")


@contextlib.contextmanager
def two_rtc_services() -> Iterator[None]:
    """So that one can be killed and calls go on."""
    name = f"{RELEASE}-rtc-service"
    scale("deployment", name, 2)
    try:
        kubectl("rollout", "status", f"deployment/{name}", "--timeout=180s")
        yield
    finally:
        scale("deployment", name, 1)


def holders() -> set[str]:
    """The pods that have a Lease of the ring."""
    return {str(it.spec.holderIdentity) for it in api().list(Lease, labels={RING: SECRET}) if it.spec}


def kill_agent(component: str) -> None:
    """SIGKILL to the agent of its first pod, from the node, because a container cannot do that to its first process."""
    states = pods_of(component)[0]["status"]["initContainerStatuses"]
    (agent,) = [it["containerID"].removeprefix("containerd://") for it in states if it["name"] == AGENT]
    node = CONTEXT.removeprefix("kind-") + "-control-plane"
    command = ["docker", "exec", node, "ctr", "--namespace", "k8s.io", "tasks", "kill", "--signal", "SIGKILL", agent]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def kill_one(component: str) -> str:
    """End one of its pods without a word; returns its name."""
    name = str(pods_of(component)[0]["metadata"]["name"])
    kubectl("delete", "pod", name, "--grace-period=0", "--force")
    return name


def evict(pod: str) -> None:
    """As draining its node would."""
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod}}
    path = f"/api/v1/namespaces/{read('pod', pod)['metadata']['namespace']}/pods/{pod}/eviction"
    command = ["kubectl", "--context", CONTEXT, "create", "--raw", path, "-f", "-"]
    done = subprocess.run(command, input=json.dumps(body), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
