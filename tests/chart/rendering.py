"""The chart as Helm renders it, each way once a session. No cluster is asked.

`ci/*-values.yaml` of the chart are the ways that the tests look at; a test that needs another gives `sets`.
"""

import functools
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).parents[2] / "charts" / "parley"
CASES = sorted(it.name.removesuffix("-values.yaml") for it in (CHART / "ci").glob("*-values.yaml"))
SERVICES = ("registration-api", "email-worker", "message-service", "chat-service", "rtc-service")
CONTROLLERS = ("Deployment", "StatefulSet", "DaemonSet", "Job")
NAMESPACE = "talk"

Document = dict[str, Any]


class Refused(Exception):
    """Helm refuses to render; the text is what it told."""


def helm(*arguments: str) -> str:
    """The output of a helm command. Raises Refused."""
    program = shutil.which("helm")
    assert program, "helm is missing; `make test-chart` says how to get it"
    # Only files of the chart count, and no plugin or repository of whoever runs this.
    environment = {**os.environ, "HELM_CONFIG_HOME": "/nonexistent", "HELM_PLUGINS": "/nonexistent"}
    done = subprocess.run([program, *arguments], capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise Refused(done.stderr)
    return done.stdout


@functools.cache
def text(case: str, *sets: str, release: str = "p") -> str:
    """Everything that is rendered from a file of values and further settings, `a.b=c`."""
    values = ("-f", str(CHART / "ci" / f"{case}-values.yaml")) if case else ()
    further = [part for it in sets for part in ("--set-json" if it.partition("=")[2][:1] in "[{" else "--set", it)]
    return helm("template", release, str(CHART), "-n", NAMESPACE, *values, *further)


@functools.cache
def documents(case: str, *sets: str, release: str = "p") -> tuple[Document, ...]:
    """The objects of the same. They are shared between tests: look, and change nothing."""
    return tuple(it for it in yaml.load_all(text(case, *sets, release=release), _Loader) if it)


@functools.cache
def values() -> Document:
    """The chart's defaults."""
    loaded: Document = yaml.safe_load((CHART / "values.yaml").read_text())
    return loaded


@functools.cache
def chart() -> Document:
    """Chart.yaml."""
    loaded: Document = yaml.safe_load((CHART / "Chart.yaml").read_text())
    return loaded


@functools.cache
def load(case: str) -> Document:
    """What a case gives."""
    loaded: Document = yaml.safe_load((CHART / "ci" / f"{case}-values.yaml").read_text())
    return loaded


class _Loader(yaml.CSafeLoader):
    """Refuses a key that is there twice, as the API server does."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        assert len(keys) == len(set(keys)), f"a key is there twice: {keys}"
        return super().construct_mapping(node, deep)


def kind(found: Sequence[Document], *kinds: str) -> list[Document]:
    """Those of these kinds."""
    return [it for it in found if it["kind"] in kinds]


def named(found: Sequence[Document], wanted: str, name: str) -> Document:
    """The one of this kind and name."""
    return next(it for it in found if it["kind"] == wanted and it["metadata"]["name"] == name)


def component(document: Document) -> str:
    """The component that an object belongs to."""
    return document["metadata"]["labels"]["app.kubernetes.io/component"]


def pods(found: Sequence[Document]) -> Iterator[tuple[str, Document]]:
    """Each pod that comes about: the component, and an object with `metadata` and `spec`."""
    for it in found:
        if it["kind"] in CONTROLLERS:
            yield component(it), it["spec"]["template"]
        elif it["kind"] == "Pod":
            yield component(it), it


def containers(pod: Document) -> list[Document]:
    """Its containers, those of the start included."""
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def token_mounts(pod: Document) -> list[str]:
    """The containers that have a token for the API server which is not there by itself."""
    volumes = {it["name"]: it for it in pod["spec"].get("volumes", [])}
    return [
        it["name"]
        for it in containers(pod)
        for mount in it.get("volumeMounts", [])
        if any(
            "serviceAccountToken" in s for s in volumes.get(mount["name"], {}).get("projected", {}).get("sources", [])
        )
    ]


def is_hook(document: Document) -> bool:
    """Whether Helm applies it apart from the release."""
    return "helm.sh/hook" in document["metadata"].get("annotations", {})
