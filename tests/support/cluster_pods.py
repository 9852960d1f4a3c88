"""Pods of the local cluster that come and go: replaced by an upgrade, or killed; and when all is well again.

Next: `cluster_calls.py`, for a call that goes on meanwhile.
"""

import asyncio
import subprocess
import time
import uuid
from collections.abc import Callable, Collection
from pathlib import Path

from support.cluster import CONTEXT, NAMESPACE, RELEASE, kubectl
from support.cluster_api import listed

CHART = Path(__file__).parents[2] / "charts/parley"

SERVICES = ("registration-api", "email-worker", "message-service", "chat-service", "rtc-service")
ENGINES = ("mysql", "redis", "kafka", "cassandra", "turn", "mail")

_OURS = f"app.kubernetes.io/instance={RELEASE},app.kubernetes.io/component"


def pods(*components: str) -> dict[str, bool]:
    """The pods of these components by uid, and whether each is Ready. One that is going is still there."""
    found = listed("pods", labels=f"{_OURS} in ({','.join(components)})")
    return {it["metadata"]["uid"]: _is_ready(it) for it in found}


def _is_ready(pod: dict) -> bool:
    conditions = {it["type"]: it["status"] for it in pod["status"].get("conditions", ())}
    return conditions.get("Ready") == "True"


def kill(component: str) -> Collection[str]:
    """End its pods without a word; returns which they were."""
    before = pods(component)
    kubectl("delete", "pod", "-l", f"{_OURS}={component}", "--grace-period=0", "--force")
    return before.keys()


def upgrade() -> None:
    """An upgrade after which each service has other pods, and nothing else. Returns when helm says that it is done."""
    stamp = uuid.uuid4().hex
    rolled = [f"--set-string=services.{it}.podAnnotations.rolled={stamp}" for it in SERVICES]
    command = ["helm", "--kube-context", CONTEXT, "--namespace", NAMESPACE, "upgrade", RELEASE, str(CHART)]
    more = ["--reset-then-reuse-values", "--wait", "--timeout", "4m"]
    done = subprocess.run([*command, *more, *rolled], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


async def replaced(before: Collection[str], *components: str, within_s: float) -> None:
    """Return when none of those pods is there and every component has one that is Ready, and no other."""

    def is_so(now: dict[str, bool]) -> bool:
        return not now.keys() & set(before) and all(now.values()) and len(now) >= len(components)

    await _until(lambda: is_so(pods(*components)), f"{components} are not replaced", within_s)


async def all_ready(within_s: float) -> None:
    """Return when every component has its pods, and each is Ready."""
    every = (*SERVICES, *ENGINES)

    def is_so(now: dict[str, bool]) -> bool:
        return all(now.values()) and len(now) >= len(every)

    await _until(lambda: is_so(pods(*every)), "not every pod is Ready", within_s)


async def _until(is_so: Callable[[], bool], otherwise: str, within_s: float) -> None:
    until = time.monotonic() + within_s
    while not await asyncio.to_thread(is_so):
        assert time.monotonic() < until, f"{otherwise} after {within_s:.0f} s"
        await asyncio.sleep(0.5)
