"""A Valkey of somebody else in the cluster: no part of any release, with a password and TLS, as an external engine."""

import json
import secrets
from pathlib import Path

from support.certificates import Certificate
from support.cluster import kubectl
from support.cluster_releases import apply, secret

NAME = "elsewhere"
IMAGE = "valkey/valkey:9"
PORT = 6379


class Valkey:
    """In a namespace, under its own name; `password` and `authority` are what its users need."""

    def __init__(self, namespace: str, folder: Path) -> None:
        self.namespace, self.host = namespace, f"{NAME}.{namespace}.svc.cluster.local"
        self.password = secrets.token_hex(16)
        self._pair = Certificate(folder, host=self.host)
        self.authority = self._pair.file.read_text()

    def start(self) -> None:
        """Returns when it is Ready."""
        keys = {"tls__crt": self.authority, "tls__key": self._pair.key_file.read_text()}
        secret(NAME, self.namespace, **keys, valkey__conf=f"{_CONFIGURATION}requirepass {self.password}\n")
        apply(json.dumps({"apiVersion": "v1", "kind": "List", "items": [_POD, _SERVICE]}), self.namespace)
        kubectl("--namespace", self.namespace, "wait", "--for=condition=Ready", f"pod/{NAME}", "--timeout=120s")

    def stop(self) -> None:
        """Remove all of it."""
        kubectl("--namespace", self.namespace, "delete", "--now", f"pod/{NAME}", f"service/{NAME}", f"secret/{NAME}")


_CONFIGURATION = f"""port 0
tls-port {PORT}
tls-cert-file /etc/valkey/tls.crt
tls-key-file /etc/valkey/tls.key
tls-auth-clients no
save ""
dir /data
"""

_LABELS = {"parley.test/engine": NAME}

_POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": NAME, "labels": _LABELS},
    "spec": {
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "runAsGroup": 10001,
            "fsGroup": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": "valkey",
                "image": IMAGE,
                "command": ["valkey-server", "/etc/valkey/valkey.conf"],
                "readinessProbe": {"tcpSocket": {"port": PORT}, "periodSeconds": 1},
                "resources": {"requests": {"cpu": "5m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
                "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                "volumeMounts": [
                    {"name": "own", "mountPath": "/etc/valkey", "readOnly": True},
                    {"name": "data", "mountPath": "/data"},
                ],
            }
        ],
        "volumes": [
            {"name": "own", "secret": {"secretName": NAME, "defaultMode": 0o440}},
            {"name": "data", "emptyDir": {"sizeLimit": "64Mi"}},
        ],
    },
}

_SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": NAME},
    "spec": {"selector": _LABELS, "ports": [{"port": PORT, "protocol": "TCP"}]},
}
