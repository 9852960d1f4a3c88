"""A component of the local cluster that is taken away and given back, and what `helm test` says meanwhile."""

import re
import time
from typing import NamedTuple

from support.cluster import NAMESPACE, RELEASE, kubectl
from support.cluster_api import listed
from support.cluster_releases import helm, of, until, workloads

ENGINES = ("redis", "kafka", "mysql", "cassandra")

_COMPONENT = "app.kubernetes.io/component"
_VERDICT = re.compile(r"FAILED at hop “(?P<hop>[^”]+)”: (?P<seen>.+)\. Look at: (?P<suspect>.+)\.")


class Verdict(NamedTuple):
    """Where the call was lost, what was seen there, and who is suspected; all empty for a call that works."""

    hop: str
    seen: str
    suspect: str
    took_s: float


def take_away(component: str) -> None:
    """Return when it has no pod, and everything else is Ready that can be without it."""
    if component in ENGINES:
        # The services that work with it will not be Ready, so whoever is still coming back is waited for before.
        until(lambda: all(workloads().values()), "not everything is Ready")
    _scale(component, 0)
    selector = f"{of(RELEASE)},{_COMPONENT}={component}"
    if component not in ENGINES:
        # Nobody is there for whom it would have to end in peace, and nothing that it would have to write.
        kubectl("delete", "pod", "-l", selector, "--grace-period=1", "--wait=false")
    until(lambda: not listed("pods", labels=selector), f"{component} still has a pod")
    if component not in ENGINES:
        until(lambda: all(workloads().values()), f"not everything but {component} is Ready")


def give_back(component: str) -> None:
    """Return at once; it will be Ready soon."""
    _scale(component, 1)


def _scale(component: str, replicas: int) -> None:
    selector = f"{of(RELEASE)},{_COMPONENT}={component}"
    kubectl("scale", "deployments,statefulsets", "-l", selector, f"--replicas={replicas}")


def verdict(release: str = RELEASE) -> Verdict:
    """What `helm test` finds. Fails when it ends with neither a call that works nor a verdict."""
    begun = time.monotonic()
    tested = helm("test", release, "--timeout", "3m")
    took_s = time.monotonic() - begun
    lines = kubectl("--namespace", NAMESPACE, "logs", f"pod/{release}-call-check").splitlines()
    found = _VERDICT.fullmatch(lines[-1]) if lines else None
    if found is None:
        assert (tested.returncode, lines[-1:]) == (0, ["The call works."]), f"{tested.stderr}\n{lines[-3:]}"
        return Verdict("", "", "", took_s)
    assert tested.returncode != 0, f"helm calls this a success: {lines[-1]}"
    return Verdict(found["hop"], found["seen"], found["suspect"], took_s)
