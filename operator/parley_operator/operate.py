"""`parley-operator operate`: kopf with our handlers, for one namespace. Next: `rotation/handlers.py`, `topics/`.

One replica and no peering: kopf's freezes everybody at equal priorities, and two of us at once do no harm.
"""

import os
from pathlib import Path
from typing import Any

import kopf
from prometheus_client import start_http_server

from parley_operator.leases import GROUP
from parley_operator.meters import REGISTRY
from parley_operator.rotation import handlers as rotations
from parley_operator.topics import handlers as topics

HANDLERS = (rotations, topics)
"""Importing them is what registers them."""

_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_LIVENESS = "http://0.0.0.0:8091/alive"
_METRICS_PORT = 9090


@kopf.on.startup()
def configure(settings: kopf.OperatorSettings, **_: Any) -> None:
    """What kopf writes on objects is named after us, for good: another name would strand what the old one had left."""
    settings.persistence.finalizer = f"{GROUP}/operator"
    settings.persistence.progress_storage = kopf.AnnotationsProgressStorage(prefix=GROUP)
    settings.persistence.diffbase_storage = kopf.AnnotationsDiffBaseStorage(prefix=GROUP)
    # Log lines as Events of the cluster would be one API call each.
    settings.posting.enabled = False
    # Namespaces and definitions are not ours to list.
    settings.scanning.disabled = True
    settings.queueing.idle_timeout = 0.5


def main() -> None:
    """Serve until SIGTERM. Raises ValueError outside of a pod if nobody says which namespace."""
    namespace = _namespace()
    start_http_server(_METRICS_PORT, registry=REGISTRY)
    kopf.run(standalone=True, namespaces=[namespace], liveness_endpoint=_LIVENESS)


def _namespace() -> str:
    try:
        return os.environ.get("POD_NAMESPACE") or _NAMESPACE.read_text()
    except OSError:
        raise ValueError("POD_NAMESPACE is missing, and this is no pod with a service account's token") from None
