"""What the live loops and the release tell Helm, rendered: every image of ours is the one that was built.

Next: `tests/loops`, which compares skaffold.yaml and the Tiltfile with each other.
"""

import os
import re
import subprocess

import pytest
import yaml
from chart.rendering import SERVICES, containers, helm, named, pods
from loops import skaffold
from loops.skaffold import ROOT
from loops.tilt import evaluate

BUILT = {"parley/dev": ("parley/dev", "tag-1"), "parley/call-check": ("parley/call-check", "tag-2")}
BUILT["parley/operator"] = ("parley/operator", "tag-3")

TMP = "/tmp"  # noqa: S108 -- in the pod

STUB = """#!/bin/sh
[ "$5" = upgrade ] || exit 0
printf '%s\\n' "$@" > "$HELM_ASKED"
"""


def of_skaffold():
    """The files and settings that skaffold gives in `dev`."""
    release = skaffold.release("dev")
    sets = {name: skaffold.filled(it, BUILT) for name, it in release["setValueTemplates"].items()}
    return [*release["valuesFiles"]], {f"{name}={it}" for name, it in sets.items()}


def of_tilt(folder):
    """The same as `k8s/live` gives them to a helm that only writes them down."""
    deploy = evaluate(ROOT / "Tiltfile").deploys["parley"]
    (folder / "helm").write_text(STUB)
    (folder / "helm").chmod(0o755)
    built = {f"TILT_IMAGE_{at}": ":".join(BUILT[it]) for at, it in enumerate(deploy["image_deps"])}
    path = f"{folder}:{os.environ['PATH']}"
    environment = os.environ | built | {"PATH": path, "HELM_ASKED": str(folder / "asked")}
    subprocess.run([ROOT / deploy["apply"][0], *deploy["apply"][1:]], env=environment, check=True)
    asked = (folder / "asked").read_text().split("\n")
    values = [it.removeprefix("--values=") for it in asked if it.startswith("--values=")]
    return values, {asked[at + 1] for at, it in enumerate(asked) if it == "--set"}


def rendered(values, sets):
    files = [part for it in values for part in ("-f", str(ROOT / it))]
    given = [part for it in sorted(sets) for part in ("--set-string", it)]
    text = helm("template", "parley", str(ROOT / "charts/parley"), "-n", "parley", *files, *given)
    return [it for it in yaml.safe_load_all(text) if it]


@pytest.fixture(scope="module")
def objects():
    return rendered(*of_skaffold())


def images(found):
    """The images of ours, each with the components that it runs in."""
    all_of_them = {(part["image"], component) for component, pod in pods(found) for part in containers(pod)}
    return {it for it in all_of_them if "/parley/" in f"/{it[0]}"}


def test_both_give_helm_the_same(tmp_path):
    """skaffold's settings and those of `k8s/live` are equal when the same images were built."""
    assert of_skaffold() == of_tilt(tmp_path)


def test_every_image_of_ours_is_one_that_was_built(objects):
    """No pod of the loop runs an image that nobody builds, and each built image is run."""
    found = images(objects)
    assert {image for image, _ in found} == {f"docker.io/{name}:{tag}" for name, tag in BUILT.values()}
    assert {component for image, component in found if "parley/dev:" in image} >= set(SERVICES)


def test_the_forwards_lead_somewhere(objects):
    """Each forwarded port is one of a Service of that name."""
    forwards = [(it["resourceName"], it["port"]) for it in skaffold.profile("dev")["portForward"]]
    words = "\n".join(it["serve_cmd"] for it in evaluate(ROOT / "Tiltfile").locals.values())
    forwards += [(name, int(port)) for name, port in re.findall(r"service/(\S+) \d+:(\d+)", words)]
    for name, port in forwards:
        assert port in [it["port"] for it in named(objects, "Service", name)["spec"]["ports"]], (name, port)


def test_the_pods_can_be_copied_into(objects):
    """The temporary folder is one of the pod in every container that runs the image of the loop."""
    for component, pod in pods(objects):
        for part in containers(pod):
            if "parley/dev:" in part["image"] and part.get("args") == [component]:
                mounted = {it["mountPath"]: it["name"] for it in part["volumeMounts"]}
                assert next(it for it in pod["spec"]["volumes"] if it["name"] == mounted[TMP])["emptyDir"]


def test_the_release_runs_what_it_built():
    """With a registry, which the name that skaffold gives holds already, no image is looked for elsewhere."""
    release = skaffold.release("release")
    built = {it: (f"registry.example/team/{it}", "v1") for it in skaffold.artifacts("release")}
    sets = {f"{name}={skaffold.filled(it, built)}" for name, it in release["setValueTemplates"].items()}
    sets |= {f"{name}={it}" for name, it in release["setValues"].items()}
    found = images(rendered(["k8s/dev-values.yaml"], sets))
    assert {image for image, _ in found} == {f"{name}:{tag}" for name, tag in built.values()}
