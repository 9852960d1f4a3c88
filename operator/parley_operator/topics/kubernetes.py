"""The port of KafkaTopic objects over a cluster, in one namespace.

Statuses are merged in without a resourceVersion: nobody else writes them. Finalizers are a list that others write too,
so they are written only on the object as it was seen. Next: `reading.py`, what an object says.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx2
from lightkube import ApiError, AsyncClient
from lightkube.generic_resource import create_namespaced_resource
from lightkube.models.core_v1 import EventSource, ObjectReference
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Event
from lightkube.types import PatchType

from parley_operator.topics.model import FINALIZER, GROUP, KIND, PLURAL, VERSION, Claim, Status
from parley_operator.topics.objects import Notice, ObjectGone, ObjectsUnavailable
from parley_operator.topics.reading import read_claim, status_body

_KafkaTopics = create_namespaced_resource(GROUP, VERSION, KIND, PLURAL)
_PAGE = 250
_NOT_FOUND = 404
_LONGEST = 1024


class KubernetesTopicObjects:
    """See the port. The client knows the namespace, and how long it waits for an answer; objects have the labels."""

    def __init__(self, client: AsyncClient, labels: Mapping[str, str] | None = None) -> None:
        self._client = client
        self._labels: dict[str, Any] = dict(labels or {})

    async def listed(self) -> Sequence[Claim]:
        try:
            listed = self._client.list(_KafkaTopics, labels=self._labels, chunk_size=_PAGE)
            return [read_claim(dict(it)) async for it in listed]
        except (ApiError, httpx2.HTTPError) as error:
            raise _away(error) from None

    async def write(self, claim: Claim, status: Status) -> None:
        await self._patch(_KafkaTopics.Status, claim, {"status": dict(status_body(status))})

    async def hold(self, claim: Claim) -> None:
        await self._hold(claim, [*claim.finalizers, FINALIZER])

    async def let_go(self, claim: Claim) -> None:
        await self._hold(claim, [it for it in claim.finalizers if it != FINALIZER])

    async def tell(self, claim: Claim, notice: Notice) -> None:
        try:
            await self._client.create(_event(claim, notice))
        except (ApiError, httpx2.HTTPError) as error:
            raise _away(error) from None

    async def _hold(self, claim: Claim, finalizers: Sequence[str]) -> None:
        meta = {"finalizers": finalizers, "resourceVersion": claim.resource_version}
        await self._patch(_KafkaTopics, claim, {"metadata": meta})

    async def _patch(self, kind: Any, claim: Claim, change: Mapping[str, Any]) -> None:
        try:
            await self._client.patch(
                kind, claim.name, dict(change), namespace=claim.namespace, patch_type=PatchType.MERGE
            )
        except ApiError as error:
            if error.status.code == _NOT_FOUND:
                raise ObjectGone from None
            raise _away(error) from None
        except httpx2.HTTPError as error:
            raise _away(error) from None


def _event(claim: Claim, notice: Notice) -> Event:
    now = datetime.now(UTC)
    return Event(
        metadata=ObjectMeta(generateName=f"{claim.name[:200]}.", namespace=claim.namespace),
        involvedObject=ObjectReference(
            apiVersion=f"{GROUP}/{VERSION}", kind=KIND, name=claim.name, namespace=claim.namespace, uid=claim.uid
        ),
        type="Warning" if notice.is_warning else "Normal",
        reason=notice.reason,
        message=notice.sentence[:_LONGEST],
        source=EventSource(component="parley-operator"),
        firstTimestamp=now,
        lastTimestamp=now,
        count=1,
    )


def _away(error: Exception) -> ObjectsUnavailable:
    """A driver's error as ours; neither URL nor body is repeated."""
    told = f"{error.status.code} {error.status.reason}" if isinstance(error, ApiError) else type(error).__name__
    return ObjectsUnavailable(told)
