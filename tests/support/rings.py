"""Ring Secrets, Leases and TurnSecretRotation objects in memory, as the operator has them of a cluster."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from parley_operator.ring.model import Ack
from parley_operator.rotation.ports import Away, Forbidden, NoSecret, Stored


class InProcessRings:
    """See Rings. `interfering` runs before each write, as another operator would; `is_away` makes all of it fail."""

    def __init__(self, **texts: str) -> None:
        self.texts = texts
        self.leases: list[Ack] = []
        self.is_away = self.is_forbidden = False
        self.interfering = lambda: None
        self._versions = dict.fromkeys(texts, 1)

    async def read(self, secret: str) -> Stored:
        if self.is_away:
            raise Away("ConnectError")
        if self.is_forbidden:
            raise Forbidden("403 Forbidden")
        if secret not in self.texts:
            raise NoSecret
        return Stored(self.texts[secret], str(self._versions[secret]))

    async def store(self, secret: str, text: str, version: str) -> bool:
        self.interfering()
        if str(self._versions[secret]) != version:
            return False
        self.put(secret, text)
        return True

    def put(self, secret: str, text: str) -> None:
        """Somebody else writes."""
        self.texts[secret] = text
        self._versions[secret] += 1

    async def acks(self, secret: str) -> Sequence[Ack]:
        return list(self.leases)


class InProcessObjects:
    """See Objects; `events` are type, reason and message, `patches` how often a status was written."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        metadata = {"name": "turn", "namespace": "parley", "uid": "u-1", "generation": 1, "annotations": {}}
        self.body: dict[str, Any] = {"metadata": metadata, "spec": dict(spec)}
        self.events: list[tuple[str, str, str]] = []
        self.patches = 0

    async def read(self, name: str) -> Mapping[str, Any] | None:
        return copy.deepcopy(self.body)

    async def tell(self, name: str, status: Mapping[str, Any]) -> None:
        self.patches += 1
        merged = {**self.body.get("status", {}), **status}
        self.body["status"] = {key: it for key, it in merged.items() if it is not None}

    async def handled(self, name: str, annotation: str, value: str) -> None:
        if self.body["metadata"]["annotations"].get(annotation) == value:
            del self.body["metadata"]["annotations"][annotation]

    async def event(self, body: Mapping[str, Any], kind: str, reason: str, message: str) -> None:
        self.events.append((kind, reason, message))
