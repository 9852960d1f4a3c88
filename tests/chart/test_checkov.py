"""checkov finds nothing but what is meant, and each of these says why."""

import json
import subprocess
from pathlib import Path

import pytest
from chart import rendering
from chart.tools import tool

EVERYWHERE = {
    "CKV_K8S_15": "images have versions and are not pulled again, or clusters without a registry could not start them",
    "CKV_K8S_43": "images are named by version; whoever wants digests gives `images.*.digest`",
}
MEANT = {
    (
        "CKV_K8S_38",
        "secrets",
    ): "the one pod that talks to the API server, with rights to named Secrets, before each install",
    ("CKV_K8S_25", "turn"): "coturn's program carries a file capability and cannot be started without NET_BIND_SERVICE",
    ("CKV_K8S_19", "turn"): "exposure hostNetwork is asked for by name, and documented as not restricted",
    ("CKV_K8S_8", "call-check"): "it makes one call and ends",
    ("CKV_K8S_9", "call-check"): "it makes one call and ends",
}
CASES = ("minimal", "full", "gateway-only")
"""They show every template."""


@pytest.fixture(scope="session")
def findings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checked")
    for it in CASES:
        (folder / f"{it}.yaml").write_text(rendering.text(it))
    arguments = [
        "-d",
        str(folder),
        "--framework",
        "kubernetes",
        "-o",
        "json",
        "--compact",
        "--quiet",
        "--skip-download",
    ]
    done = subprocess.run([tool("checkov"), *arguments], capture_output=True, text=True, check=False)
    summary = json.loads(done.stdout)
    assert summary["summary"]["resource_count"] > 100, done.stderr
    return {(it["check_id"], it["resource"]) for it in summary["results"]["failed_checks"]}


def component(resource):
    """`Deployment.talk.p-chat-service` is of chat-service."""
    return resource.rpartition(".")[2].partition("-")[2]


def test_nothing_but_what_is_meant(findings):
    """Every finding is one that is meant, for that very component."""
    unmeant = {(check, resource) for check, resource in findings if check not in EVERYWHERE}
    assert {(check, component(resource)) for check, resource in unmeant} <= set(MEANT), unmeant


def test_nothing_is_excused_in_vain(findings):
    """What is excused is really found, so that no excuse outlives its reason."""
    assert {check for check, _ in findings} >= set(EVERYWHERE)
    assert {(check, component(resource)) for check, resource in findings} >= set(MEANT)


def test_every_kind_of_template_is_checked():
    """The cases that are looked at render every template that makes an object; services have the same ones."""
    sources = (line for it in CASES for line in rendering.text(it).splitlines() if line.startswith("# Source: "))
    shown = {placed(Path(it.split("templates/", 1)[1])) for it in sources}
    files = (rendering.CHART / "templates").glob("*/*.yaml")
    assert {placed(it.relative_to(rendering.CHART / "templates")) for it in files} - shown == set()


def placed(file):
    folder = "service" if file.parts[0] in rendering.SERVICES else file.parts[0]
    return folder, file.name
