"""TurnSecretRotation objects over a cluster. See `Objects` in `worker.py`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx2
from lightkube import ApiError, AsyncClient
from lightkube.generic_resource import create_namespaced_resource
from lightkube.models.core_v1 import EventSource, ObjectReference
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Event
from lightkube.types import PatchType

from parley_operator.leases import GROUP
from parley_operator.rotation.ports import Away

KIND = "TurnSecretRotation"
_Rotations = create_namespaced_resource(GROUP, "v1alpha1", KIND, "turnsecretrotations")
_NOT_FOUND, _CHANGED = 404, 422


class KubernetesObjects:
    """See Objects."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def read(self, name: str) -> Mapping[str, Any] | None:
        """See Objects."""
        try:
            found: Mapping[str, Any] = (await self._client.get(_Rotations, name)).to_dict()  # type: ignore[no-untyped-call]
            return found
        except ApiError as error:
            if error.status.code == _NOT_FOUND:
                return None
            raise _away(error) from None
        except httpx2.HTTPError as error:
            raise _away(error) from None

    async def tell(self, name: str, status: Mapping[str, Any]) -> None:
        """See Objects."""
        try:
            await self._client.patch(_Rotations.Status, name, {"status": dict(status)}, patch_type=PatchType.MERGE)
        except (ApiError, httpx2.HTTPError) as error:
            raise _away(error) from None

    async def handled(self, name: str, annotation: str, value: str) -> None:
        """See Objects."""
        path = f"/metadata/annotations/{annotation.replace('/', '~1')}"
        without = [{"op": "test", "path": path, "value": value}, {"op": "remove", "path": path}]
        try:
            await self._client.patch(_Rotations, name, without, patch_type=PatchType.JSON)
        except ApiError as error:
            if error.status.code != _CHANGED:
                raise _away(error) from None
        except httpx2.HTTPError as error:
            raise _away(error) from None

    async def event(self, body: Mapping[str, Any], kind: str, reason: str, message: str) -> None:
        """See Objects."""
        about, now = body["metadata"], datetime.now(UTC)
        named = {key: str(about[key]) for key in ("name", "namespace", "uid")}
        reference = ObjectReference(apiVersion=f"{GROUP}/v1alpha1", kind=KIND, **named)
        made = Event(
            metadata=ObjectMeta(generateName=f"{about['name'][:200]}.", namespace=about["namespace"]),
            involvedObject=reference,
            type=kind,
            reason=reason,
            message=message,
            source=EventSource(component="parley-operator"),
            firstTimestamp=now,
            lastTimestamp=now,
            count=1,
        )
        try:
            await self._client.create(made)
        except (ApiError, httpx2.HTTPError) as error:
            raise _away(error) from None


def _away(error: Exception) -> Away:
    return Away(f"{error.status.code} {error.status.reason}" if isinstance(error, ApiError) else type(error).__name__)
