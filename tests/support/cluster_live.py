"""A service of the local cluster that follows its sources, as skaffold and Tilt keep it: by tar over `kubectl exec`.

Next: `test_live_sync.py`. What the image does with the files is in `k8s/images/live.py`.
"""

import contextlib
import io
import json
import subprocess
import tarfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx2
from support.cluster import CONTEXT, KUBECTL, RELEASE, read
from support.cluster_releases import CHART, done, helm

ROOT = Path(__file__).parents[2]

COPIES = {
    "skaffold": ("tar", "xmf", "-", "-C", "/", "--no-same-owner"),
    "tilt": ("tar", "-C", "/", "-x", "-f", "-"),
}
"""What each tool runs in the pod to unpack what it writes to it."""

_WITHIN_S = 120


@contextlib.contextmanager
def follows_its_sources(service: str) -> Iterator[str]:
    """The service from the `dev` image until the end of the block; the name of its pod."""
    tag = _loaded()
    revision = json.loads(done(helm("status", RELEASE, "-o", "json")))["version"]
    image = [f"--set=images.{service}.repository=parley/dev", f"--set-string=images.{service}.tag={tag}"]
    try:
        done(helm("upgrade", RELEASE, str(CHART), "--reset-then-reuse-values", "--wait", "--timeout", "5m", *image))
        yield _pod(service, tag)
    finally:
        done(helm("rollback", RELEASE, str(revision), "--wait", "--timeout", "5m"))


def _loaded() -> str:
    """Build the image, and give it to the node; its tag."""
    words = ["docker", "build", "-q", "--target", "dev", "-t", "parley/dev:live", str(ROOT)]
    tag = done(subprocess.run(words, capture_output=True, text=True)).strip()[7:19]
    done(subprocess.run(["docker", "tag", "parley/dev:live", f"parley/dev:{tag}"], capture_output=True, text=True))
    kind, _, name = CONTEXT.partition("-")
    load = {"kind": ["kind", "load", "docker-image", "--name"], "k3d": ["k3d", "image", "import", "--cluster"]}
    done(subprocess.run([*load[kind], name, f"parley/dev:{tag}"], capture_output=True, text=True))
    return tag


def _pod(service: str, tag: str) -> str:
    label = f"app.kubernetes.io/instance={RELEASE},app.kubernetes.io/component={service}"
    names = [
        it["metadata"]["name"]
        for it in read("pods", "-l", label)["items"]
        if it["spec"]["containers"][0]["image"].endswith(tag) and "deletionTimestamp" not in it["metadata"]
    ]
    assert len(names) == 1, names
    return names[0]


def copy(tool: str, pod: str, files: Mapping[str, bytes]) -> None:
    """Write files, by their places in the pod."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for place, content in files.items():
            entry = tarfile.TarInfo(place.lstrip("/"))
            entry.size, entry.mode, entry.mtime = len(content), 0o644, int(time.time())
            archive.addfile(entry, io.BytesIO(content))
    words = [*KUBECTL, "exec", "-i", pod, "-c", _service(pod), "--", *COPIES[tool]]
    ended = subprocess.run(words, input=packed.getvalue(), capture_output=True)
    assert ended.returncode == 0, ended.stderr.decode()


def remove(pod: str, places: list[str]) -> None:
    """Remove files, as both tools do."""
    if places:
        words = [*KUBECTL, "exec", pod, "-c", _service(pod), "--", "rm", "-rf", *places]
        done(subprocess.run(words, capture_output=True, text=True))


def _service(pod: str) -> str:
    return pod.removeprefix(f"{RELEASE}-").rsplit("-", 2)[0]


def identity(pod: str) -> tuple[str, int]:
    """Which pod it is, and how often its container was started anew by Kubernetes."""
    found = read("pod", pod)
    return found["metadata"]["uid"], found["status"]["containerStatuses"][0]["restartCount"]


def served(url: str, is_so, what: str) -> httpx2.Response:
    """The first answer that is so; one that does not come at all is asked for again. Fails after two minutes."""
    end = time.monotonic() + _WITHIN_S
    with httpx2.Client(timeout=5) as http:
        while time.monotonic() < end:
            with contextlib.suppress(httpx2.TransportError):
                answer = http.get(url)
                if is_so(answer):
                    return answer
            time.sleep(0.05)
    raise AssertionError(f"{what} is not served after {_WITHIN_S} s")
