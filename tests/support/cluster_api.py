"""The API of the local cluster over one connection, for whoever asks again and again: starting kubectl each time takes
a third of a second of a processor that the cluster itself needs.

Next: `cluster.py`, for what is asked once.
"""

import base64
import functools
import json
import ssl
import tempfile
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx2
from support.cluster import CONTEXT, NAMESPACE, kubectl

Objects = list[dict[str, Any]]

_PATHS = {
    "pods": "/api/v1/namespaces/{}/pods",
    "events": "/api/v1/namespaces/{}/events",
    "deployments": "/apis/apps/v1/namespaces/{}/deployments",
    "statefulsets": "/apis/apps/v1/namespaces/{}/statefulsets",
}


def listed(kind: str, namespace: str = NAMESPACE, *, labels: str = "", fields: str = "") -> Objects:
    """The objects of a kind; both selectors are written as kubectl's."""
    query = {"labelSelector": labels, "fieldSelector": fields}
    found: Objects = _ask(_PATHS[kind].format(namespace), query).json()["items"]
    return found


def last_line(pod: str, container: str, namespace: str = NAMESPACE) -> str:
    """Of the container's log; empty while it has written nothing, or is not there."""
    path = f"{_PATHS['pods'].format(namespace)}/{pod}/log"
    answer = _api().get(path, params={"container": container, "tailLines": 1})
    if answer.status_code in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND):
        return ""
    return answer.raise_for_status().text.strip()


def _ask(path: str, query: dict[str, str]) -> httpx2.Response:
    return _api().get(path, params=query).raise_for_status()


@functools.cache
def _api() -> httpx2.Client:
    """As whoever kubectl is in this context."""
    found = json.loads(kubectl("config", "view", "--minify", "--raw", "-o", "json", f"--context={CONTEXT}"))
    (cluster,), (user,) = found["clusters"], found["users"]
    authority = base64.b64decode(cluster["cluster"]["certificate-authority-data"]).decode()
    trust = ssl.create_default_context(cadata=authority)
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, it) for it in ("certificate", "key")]
        for file in files:
            file.write_bytes(base64.b64decode(user["user"][f"client-{file.name}-data"]))
        trust.load_cert_chain(*files)
    return httpx2.Client(base_url=cluster["cluster"]["server"], verify=trust, timeout=30)
