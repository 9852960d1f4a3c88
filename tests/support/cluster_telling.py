"""Single workloads of the chart with something wrong in what they are given, and what their pods say about it.

Each is rendered as a release of its own, of which only this workload and its ConfigMap are made: in a namespace without
the chart's policies, with engines that are all external.
"""

import json
from collections.abc import Mapping
from typing import Any

import yaml
from support.cluster_api import last_line, listed
from support.cluster_releases import CHART, apply, done, helm

Values = dict[str, Any]

_EVERYTHING = CHART / "ci" / "external-everything-values.yaml"


def merged(below: Values, above: Mapping[str, Any]) -> Values:
    """Values as Helm lays one file over another."""
    both = {key: merged(below[key], it) for key, it in above.items() if _are_maps(below.get(key), it)}
    return {**below, **above, **both}


def _are_maps(*values: Any) -> bool:
    return all(isinstance(it, dict) for it in values)


def everything_outside() -> Values:
    """The chart's own example of a release whose engines are all somebody else's."""
    loaded: Values = yaml.safe_load(_EVERYTHING.read_text())
    return loaded


def rendered(name: str, component: str, values: Values, namespace: str) -> list[Values]:
    """One workload of a release of this name, and its ConfigMap."""
    command = ["template", name, str(CHART), "--namespace", namespace, "-f", "-"]
    documents = yaml.safe_load_all(done(helm(*command, given=yaml.safe_dump(values))))
    return [it for it in documents if it and it["kind"] in _KINDS and _component(it) == component]


def start(objects: list[Values], namespace: str) -> None:
    """Make these. Returns at once."""
    apply(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}), namespace)


_KINDS = ("Deployment", "StatefulSet", "ConfigMap")
_LABEL = "app.kubernetes.io"


def _component(document: Mapping[str, Any]) -> str:
    name: str = document["metadata"]["labels"][f"{_LABEL}/component"]
    return name


def said(name: str, namespace: str) -> list[str]:
    """Of pods of the workload that are not Ready: the last log line of each container, and what happened to the pod."""
    found = listed("pods", namespace, labels=f"{_LABEL}/instance={name}")
    return [line for pod in found if not is_ready(pod) for line in _words(pod, namespace)]


def is_ready(pod: Mapping[str, Any]) -> bool:
    """Whether it gets traffic."""
    conditions = {it["type"]: it["status"] for it in pod["status"].get("conditions", ())}
    return conditions.get("Ready") == "True"


def _words(pod: Mapping[str, Any], namespace: str) -> list[str]:
    name, status = pod["metadata"]["name"], pod["status"]
    containers = [*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())]
    begun = [it["name"] for it in containers if "waiting" not in it["state"] or it["lastState"]]
    happened = listed("events", namespace, fields=f"involvedObject.name={name}")
    return [*(last_line(name, it, namespace) for it in begun), *(it["message"] for it in happened)]
