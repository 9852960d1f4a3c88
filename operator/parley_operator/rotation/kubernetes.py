"""Rings and their Leases over a cluster: get and patch of Secrets by name, and a list of Leases. See `ports.py`.

The compare-and-set is a merge patch that names the resourceVersion which was read: the API server answers 409 when the
Secret has another one.
"""

import base64
from collections.abc import Sequence

import httpx2
from lightkube import ApiError, AsyncClient
from lightkube.resources.coordination_v1 import Lease
from lightkube.resources.core_v1 import Secret
from lightkube.types import PatchType

from parley_operator import leases
from parley_operator.agent.kubernetes import KEY, text_of
from parley_operator.ring.model import Ack
from parley_operator.rotation.ports import Away, Forbidden, NoSecret, Stored

_FORBIDDEN, _NOT_FOUND, _CONFLICT = 403, 404, 409


class KubernetesRings:
    """See Rings."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def read(self, secret: str) -> Stored:
        """See Rings."""
        try:
            found = await self._client.get(Secret, secret)
        except (ApiError, httpx2.HTTPError) as error:
            raise _told(error) from None
        version = found.metadata.resourceVersion if found.metadata else None
        return Stored(text_of(found), version or "")

    async def store(self, secret: str, text: str, version: str) -> bool:
        """See Rings."""
        data = {KEY: base64.b64encode(text.encode()).decode()}
        changed = {"metadata": {"resourceVersion": version}, "data": data}
        try:
            await self._client.patch(Secret, secret, changed, patch_type=PatchType.MERGE)
        except ApiError as error:
            if error.status.code == _CONFLICT:
                return False
            raise _told(error) from None
        except httpx2.HTTPError as error:
            raise _told(error) from None
        return True

    async def acks(self, secret: str) -> Sequence[Ack]:
        """See Rings. Without a resourceVersion the list is of this moment, not of a cache."""
        try:
            listed = self._client.list(Lease, labels={leases.RING: secret})
            return [leases.read(it) async for it in listed]
        except (ApiError, httpx2.HTTPError) as error:
            raise _told(error) from None


def _told(error: Exception) -> NoSecret | Away:
    """A driver's error as ours; neither URL nor body is repeated."""
    if not isinstance(error, ApiError):
        return Away(type(error).__name__)
    if error.status.code == _NOT_FOUND:
        return NoSecret()
    kind = Forbidden if error.status.code == _FORBIDDEN else Away
    return kind(f"{error.status.code} {error.status.reason}")
