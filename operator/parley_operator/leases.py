"""An acknowledgement as a Lease, in words that both ends share: labels for finding it, annotations for what it says.

The Lease belongs to its pod, so that it is gone when the pod is, and has the pod's uid in its name, so that a later pod
of the same name makes another one. Nothing of a secret is in it: kids are random.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from lightkube.models.coordination_v1 import LeaseSpec
from lightkube.models.meta_v1 import ObjectMeta, OwnerReference
from lightkube.resources.coordination_v1 import Lease

from parley_operator.agent.ports import Applied
from parley_operator.ring.model import Ack, Role

GROUP = "parley.manchik.co.uk"
RING, ROLE = f"{GROUP}/ring", f"{GROUP}/ring-role"
_REVISION, _ACCEPTS, _REFUSES = f"{GROUP}/ring-revision", f"{GROUP}/ring-accepts", f"{GROUP}/ring-refuses"
_SIGNS, _PROBLEM = f"{GROUP}/ring-signs", f"{GROUP}/ring-problem"
_DURATION_S = 60


def written(applied: Applied, pod: str, uid: str, ring: str, role: Role) -> Lease:
    """The Lease of a pod that has the ring of this Secret."""
    owner = OwnerReference(apiVersion="v1", kind="Pod", name=pod, uid=uid)
    metadata = ObjectMeta(
        name=f"{pod[:200]}-{uid[:8]}",
        labels={RING: ring, ROLE: role.value},
        annotations=_annotations(applied),
        ownerReferences=[owner],
    )
    now = datetime.now(UTC)
    # The API server takes no MicroTime without its six digits, and a whole second would be written without.
    renewed = now.replace(microsecond=max(1, now.microsecond))
    spec = LeaseSpec(holderIdentity=pod, leaseDurationSeconds=_DURATION_S, renewTime=renewed)
    return Lease(metadata=metadata, spec=spec)


def _annotations(applied: Applied) -> dict[str, str]:
    return {
        _REVISION: str(applied.revision),
        _ACCEPTS: ",".join(sorted(applied.accepts)),
        _REFUSES: ",".join(sorted(applied.refuses)),
        _SIGNS: applied.signs,
        _PROBLEM: applied.problem,
    }


def read(lease: Lease) -> Ack:
    """What a Lease acknowledges. One that somebody has edited acknowledges nothing, and its pod is waited for."""
    metadata, spec = lease.metadata or ObjectMeta(), lease.spec or LeaseSpec()
    said, renewed = metadata.annotations or {}, spec.renewTime
    role = Role.MINTER if (metadata.labels or {}).get(ROLE) == Role.MINTER else Role.RELAY
    return Ack(
        pod=spec.holderIdentity or metadata.name or "",
        role=role,
        revision=_number(said),
        accepts=_kids(said, _ACCEPTS),
        refuses=_kids(said, _REFUSES),
        signs=said.get(_SIGNS, ""),
        renewed_s=int(renewed.timestamp()) if renewed else 0,
    )


def _number(said: Mapping[str, str]) -> int:
    text = said.get(_REVISION, "")
    return int(text) if text.isdecimal() else 0


def _kids(said: Mapping[str, str], name: str) -> frozenset[str]:
    return frozenset(kid for kid in said.get(name, "").split(",") if kid)
