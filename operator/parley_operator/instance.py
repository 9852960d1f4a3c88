"""Which objects are this operator's: those of its own release, because two releases may share a namespace.

The other's topics are in another Kafka, and its ring is a Secret that we may not read. Next: the `handlers.py` of
rotations and of topics, which ask here.
"""

import os
from collections.abc import Mapping
from typing import Any

LABEL = "app.kubernetes.io/instance"


def watched() -> Mapping[str, str]:
    """The label of our objects, by WATCHED_INSTANCE; none without it, and then every object of the namespace is."""
    name = os.environ.get("WATCHED_INSTANCE", "")
    return {LABEL: name} if name else {}


def is_ours(*, labels: Mapping[str, str], **_: Any) -> bool:
    """Whether an object with these labels is ours; kopf asks."""
    return watched().items() <= labels.items()
