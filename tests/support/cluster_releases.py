"""Releases in the local cluster, for those who install, examine and remove one. Next: `cluster_broken.py`."""

import contextlib
import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from support.cluster import CONTEXT, NAMESPACE, RELEASE, kubectl
from support.cluster_api import listed

CHART = Path(__file__).parents[2] / "charts" / "parley"

_LABEL = "app.kubernetes.io"
_EVERY_S = 0.5


def helm(*words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """A helm command in the namespace of the installation; `given` is what it reads as `-f -`."""
    command = ["helm", "--kube-context", CONTEXT, "--namespace", NAMESPACE, *words]
    return subprocess.run(command, input=given, capture_output=True, text=True)


def done(process: subprocess.CompletedProcess[str]) -> str:
    """What a command that has succeeded printed."""
    assert process.returncode == 0, process.stderr
    return process.stdout


def given_values(release: str = RELEASE) -> dict[str, Any]:
    """What somebody gave when they installed it."""
    found: dict[str, Any] = json.loads(done(helm("get", "values", release, "-o", "json")))
    return found


def install(release: str, values: Mapping[str, Any]) -> None:
    """Returns when everything is Ready."""
    done(
        helm("install", release, str(CHART), "-f", "-", "--wait", "--timeout", "4m", given=yaml.safe_dump(dict(values)))
    )


def apply(documents: str, namespace: str = NAMESPACE) -> None:
    """Make or change objects, YAML or JSON."""
    command = ["kubectl", "--context", CONTEXT, "--namespace", namespace, "apply", "-f", "-"]
    done(subprocess.run(command, input=documents, capture_output=True, text=True))


def secret(name: str, namespace: str = NAMESPACE, **entries: str) -> None:
    """Make a Secret; an underscore in the name of an entry is written as a dash, two of them as a dot."""
    keys = {key.replace("__", ".").replace("_", "-"): value for key, value in entries.items()}
    document = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": keys}
    apply(json.dumps(document), namespace)


def of(release: str) -> str:
    """The selector of everything that belongs to a release."""
    return f"{_LABEL}/instance={release}"


def workloads(release: str = RELEASE) -> dict[str, bool]:
    """Deployments and StatefulSets by component, and whether all pods that each shall have are Ready and of today."""
    found = [it for kind in ("deployments", "statefulsets") for it in listed(kind, labels=of(release))]
    return {it["metadata"]["labels"][f"{_LABEL}/component"]: _is_ready(it) for it in found}


def _is_ready(workload: dict[str, Any]) -> bool:
    status, wanted = workload["status"], workload["spec"]["replicas"]
    is_seen = status.get("observedGeneration") == workload["metadata"]["generation"]
    return is_seen and status.get("readyReplicas", 0) == status.get("replicas", 0) == wanted


def until(is_so: Callable[[], object], otherwise: str, within_s: float = 180) -> None:
    """Return when it is so. Fails with that sentence after so many seconds."""
    end = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < end, f"{otherwise} after {within_s:.0f} s"
        time.sleep(_EVERY_S)


@contextlib.contextmanager
def namespace(name: str) -> Iterator[str]:
    """One that refuses whatever is not restricted, with the chart's pods in it; gone in the end."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    apply(json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}), name)
    try:
        yield name
    finally:
        kubectl("delete", "namespace", name, "--wait=false")


@contextlib.contextmanager
def admitted(name: str, peer: Mapping[str, Any], components: Mapping[str, int]) -> Iterator[None]:
    """Lets a peer to engines of the installation, as who runs it would: component and port, an object each."""
    policies = [f"{name}-{component}" for component in components]
    for policy, (component, port) in zip(policies, components.items(), strict=True):
        selector = {f"{_LABEL}/instance": RELEASE, f"{_LABEL}/component": component}
        rule = {"from": [peer], "ports": [{"port": port, "protocol": "TCP"}]}
        spec = {"podSelector": {"matchLabels": selector}, "policyTypes": ["Ingress"], "ingress": [rule]}
        head = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": policy}}
        apply(json.dumps({**head, "spec": spec}))
    try:
        yield
    finally:
        kubectl("delete", "networkpolicy", *policies)
