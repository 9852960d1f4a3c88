"""The ring of the local cluster: what is in its Secret, what is wished of its rotation, and how one is held in a phase.

A secret is read here to be tried and never printed. Next: `cluster_allocations.py`, those who use what it signs.
"""

import asyncio
import contextlib
import functools
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lightkube import Client, KubeConfig
from lightkube.generic_resource import create_namespaced_resource
from lightkube.resources.core_v1 import Secret
from support.cluster import CONTEXT, NAMESPACE, RELEASE, kubectl, read
from support.cluster_releases import apply

from parley_operator.agent.kubernetes import text_of
from parley_operator.leases import GROUP, RING, ROLE
from parley_operator.ring import document
from parley_operator.ring.model import Phase, Ring, Role
from parley_operator.rotation.spec import ROTATE

SECRET, ROTATION, OPERATOR, AGENT = f"{RELEASE}-turn-ring", f"{RELEASE}-turn", f"{RELEASE}-operator", "ring-agent"
DEFINITION = f"turnsecretrotations.{GROUP}"
TTL_S = 20
"""How long a credential lasts meanwhile; with the five seconds of margin a rotation drains for 25."""

_Rotations = create_namespaced_resource(GROUP, "v1alpha1", "TurnSecretRotation", "turnsecretrotations")
_FLOOR = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/x-kubernetes-validations/1/rule"
_PATIENCE_S = 120
_NEVER_SILENT = "2100-01-01T00:00:00.000000Z"


@functools.cache
def api() -> Client:
    """One connection, because a kubectl for every look would keep a processor busy."""
    config = KubeConfig.from_file(os.environ.get("KUBECONFIG", "~/.kube/config")).get(context_name=CONTEXT)
    return Client(config=config, namespace=NAMESPACE)


def ring() -> Ring:
    """The ring as it is now."""
    return document.read(text_of(api().get(Secret, SECRET)))


def rotation() -> dict[str, Any]:
    """The object that is about it."""
    return dict(api().get(_Rotations, ROTATION))


def condition(kind: str) -> tuple[str, str]:
    """Status and reason of a condition of it; both empty where there is none."""
    found = {it["type"]: it for it in rotation().get("status", {}).get("conditions", ())}
    return found.get(kind, {}).get("status", ""), found.get(kind, {}).get("reason", "")


def wish(**spec: Any) -> None:
    """Change these fields of its spec; None takes one away."""
    kubectl("patch", "turnsecretrotation", ROTATION, "--type=merge", "-p", json.dumps({"spec": spec}))


def rotate(word: str) -> None:
    """Ask for a rotation as somebody at a terminal does."""
    kubectl("annotate", "--overwrite", "turnsecretrotation", ROTATION, f"{ROTATE}={word}")


async def until(is_so: Callable[[], object], otherwise: str, within_s: float = _PATIENCE_S) -> None:
    """Return when it is so. Fails with that sentence, and with what the rotation waits for, after so many seconds."""
    end = time.monotonic() + within_s
    while not await asyncio.to_thread(is_so):
        if time.monotonic() > end:
            waits_for = rotation().get("status", {}).get("waitingFor")
            raise AssertionError(f"{otherwise} after {within_s:.0f} s; the rotation says: {waits_for}")
        await asyncio.sleep(0.3)


async def phase(wanted: Phase) -> Ring:
    """Return the ring when it is in this phase."""
    await until(lambda: ring().phase is wanted, f"the ring is not {wanted}")
    return ring()


@contextlib.contextmanager
def short_windows() -> Iterator[None]:
    """Credentials last for seconds. The definition's own floor is lowered for that, and put back afterwards."""
    before, rule = rotation()["spec"], read("crd", DEFINITION)
    floor = rule["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    text = floor["x-kubernetes-validations"][1]["rule"]
    assert "duration('5m')" in text, "the floor of maxCredentialTTL is another rule"
    _floor(text.replace("duration('5m')", "duration('5s')"))
    try:
        yield
    finally:
        wish(**{it: before.get(it) for it in ("maxCredentialTTL", "clockSkew", "revoke", "schedule")})
        _floor(text)


def _floor(rule: str) -> None:
    patch = [{"op": "replace", "path": _FLOOR, "value": rule}]
    kubectl("patch", "crd", DEFINITION, "--type=json", "-p", json.dumps(patch))


async def shorten() -> None:
    """Have a ring none of whose keys ever promised more than TTL_S: the one from before is revoked as if it had leaked.

    The API server takes a moment to apply a changed definition.
    """
    await until(_is_short, "the lower floor is not in force", 30)
    await until(lambda: ring().ttl_s == TTL_S, "the ring has not taken the shorter life")
    old = ring().current.kid
    wish(revoke=[old])
    await until(lambda: (now := ring()).current.kid != old and now.phase is Phase.IDLE, "the long key is not gone")
    assert ring().current.longest_ttl_s == TTL_S


def _is_short() -> bool:
    try:
        wish(maxCredentialTTL=f"{TTL_S}s", clockSkew="0s", schedule=None)
    except AssertionError as refused:
        if "maxCredentialTTL is between" not in str(refused):
            raise
        return False
    return True


class Gate:
    """Two pods that are not there, whose Leases hold a rotation in its phase until `open`."""

    def open(self, role: Role) -> None:
        """Acknowledge the ring as it is now."""
        now = ring()
        kids = {"accepts": now.keys, "refuses": now.retired}
        said = {f"{GROUP}/ring-{word}": ",".join(it.kid for it in keys) for word, keys in kids.items()}
        self._lease(role, said | {f"{GROUP}/ring-revision": str(now.revision), f"{GROUP}/ring-signs": now.current.kid})

    def _lease(self, role: Role, said: Mapping[str, str]) -> None:
        name = f"gate-{role}"
        head = {"name": name, "labels": {RING: SECRET, ROLE: str(role)}, "annotations": dict(said)}
        spec = {"holderIdentity": name, "leaseDurationSeconds": 60, "renewTime": _NEVER_SILENT}
        lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": head, "spec": spec}
        apply(json.dumps(lease))


@contextlib.contextmanager
def gated() -> Iterator[Gate]:
    """A gate that is open to the ring as it is; taken away in the end."""
    gate = Gate()
    try:
        for role in Role:
            gate.open(role)
        yield gate
    finally:
        kubectl("delete", "lease", *(f"gate-{it}" for it in Role), "--ignore-not-found")
