"""The agent's ports over a cluster: one Secret by name, and the Lease of this pod. See `ports.py`.

The Secret is read first and then watched from there; a watch that says nothing is given up and begun anew, because a
connection may die without a word.
"""

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator

import httpx2
from lightkube import ApiError, AsyncClient
from lightkube.resources.coordination_v1 import Lease
from lightkube.resources.core_v1 import Secret
from lightkube.types import PatchType

from parley_operator import leases
from parley_operator.agent.ports import Applied, Away
from parley_operator.ring.model import Role

KEY = "ring.json"
"""Under which the Secret has the ring."""

_WATCH_S = 60
_GRACE_S = 15
_CONFLICT, _NOT_FOUND = 409, 404


class KubernetesRing:
    """See RingSource."""

    def __init__(self, client: AsyncClient, secret: str) -> None:
        self._client, self._secret = client, secret

    async def texts(self) -> AsyncIterator[str]:
        """See RingSource."""
        while True:
            try:
                secret = await self._client.get(Secret, self._secret)
                yield text_of(secret)
                version = secret.metadata.resourceVersion if secret.metadata else None
                async with asyncio.timeout(_WATCH_S + _GRACE_S):
                    async for text in self._watched(version):
                        yield text
            except TimeoutError:
                continue
            except (ApiError, httpx2.HTTPError) as error:
                raise Away(_reason(error)) from None

    async def _watched(self, version: str | None) -> AsyncIterator[str]:
        watching = self._client.watch(
            Secret, fields={"metadata.name": self._secret}, server_timeout=_WATCH_S, resource_version=version
        )
        async for deed, secret in watching:
            if deed in ("ADDED", "MODIFIED"):
                yield text_of(secret)


def text_of(secret: Secret) -> str:
    """The ring in a Secret, empty where there is none."""
    try:
        return base64.b64decode((secret.data or {}).get(KEY, ""), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


class KubernetesLease:
    """See Acknowledgements."""

    def __init__(self, client: AsyncClient, *, pod: str, uid: str, ring: str, role: Role) -> None:
        self._client, self._pod, self._uid, self._ring, self._role = client, pod, uid, ring, role

    async def declare(self) -> None:
        """See Acknowledgements. What the same pod had acknowledged before its agent was restarted stays true."""
        try:
            await self._client.create(self._lease(Applied()))
        except ApiError as error:
            if error.status.code != _CONFLICT:
                raise Away(_reason(error)) from None
        except httpx2.HTTPError as error:
            raise Away(_reason(error)) from None

    async def say(self, applied: Applied) -> None:
        """See Acknowledgements. Makes the Lease again if somebody has deleted it."""
        lease = self._lease(applied)
        name = lease.metadata.name if lease.metadata else ""
        try:
            await self._client.patch(Lease, name or "", lease, patch_type=PatchType.MERGE)
        except ApiError as error:
            if error.status.code != _NOT_FOUND:
                raise Away(_reason(error)) from None
            await self.declare()
            raise Away("the Lease was deleted; it is made anew") from None
        except httpx2.HTTPError as error:
            raise Away(_reason(error)) from None

    def _lease(self, applied: Applied) -> Lease:
        return leases.written(applied, self._pod, self._uid, self._ring, self._role)


def _reason(error: Exception) -> str:
    return f"{error.status.code} {error.status.reason}" if isinstance(error, ApiError) else type(error).__name__
