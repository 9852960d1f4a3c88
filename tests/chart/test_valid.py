"""What is rendered are objects that Kubernetes takes, always the same, and of this release alone."""

import json
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml
from chart import rendering
from chart.tools import tool


def closed(schema):
    """A definition's schema that refuses what it does not name; an API server only drops that."""
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(it) for key, it in schema.items() if key != "properties"}
    if "properties" in schema:
        inner["properties"] = {key: closed(it) for key, it in schema["properties"].items()}
        inner.setdefault("additionalProperties", False)
    return inner


def ours():
    """Each of the chart's own definitions, as the schema of an object."""
    of_any = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}
    for it in map(yaml.safe_load, (file.read_text() for file in (rendering.CHART / "crds").glob("*.yaml"))):
        schema = it["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        yield it["spec"]["names"]["kind"], closed({**schema, "properties": {**of_any, **schema["properties"]}})


CUSTOM = json.loads(Path(__file__).with_name("custom_resources.json").read_text())
CUSTOM["parley.manchik.co.uk/v1alpha1"] = dict(ours())


VALIDATING = Path(__file__).with_name("validating.py")


def validated(version, objects):
    """What kubernetes-validate tells of these objects, and whether it takes them all."""
    command = [tool("python"), str(VALIDATING), version]
    done = subprocess.run(command, input=json.dumps(objects), capture_output=True, text=True, check=False)
    return done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("version", ["1.33", "1.37"])
def test_kubernetes_takes_every_object(version):
    """Every object fits the schema of its kind, strictly, for the oldest and the newest Kubernetes."""
    found = [it for case in rendering.CASES for it in rendering.documents(case) if it["apiVersion"] not in CUSTOM]
    is_fine, told = validated(version, found)
    assert is_fine, told


def test_validation_is_strict():
    """A member that does not exist and one of a wrong type are found, so a pass above says something."""
    service = rendering.named(rendering.documents("minimal"), "Service", "p-mysql")
    unknown = {**service, "spec": {**service["spec"], "portz": []}}
    mistyped = {**service, "spec": {**service["spec"], "selector": []}}
    for it, told in ((unknown, "'portz' was unexpected"), (mistyped, "is not of type")):
        assert told in validated("1.33", [it])[1]


def test_custom_resources_fit_their_definitions(rendered):
    """Every object of a kind that is not Kubernetes' own has only members that its definition has."""
    for it in rendered:
        if it["apiVersion"] in CUSTOM:
            jsonschema.validate(it, CUSTOM[it["apiVersion"]][it["kind"]], cls=jsonschema.Draft202012Validator)


def test_what_a_definition_does_not_name_is_found():
    """A member of our own objects that their definitions do not have is found, so the test above says something."""
    found = rendering.named(rendering.documents("minimal"), "KafkaTopic", "p-new-registration")
    unknown = {**found, "spec": {**found["spec"], "partition": 1}}
    with pytest.raises(jsonschema.ValidationError, match="'partition' was unexpected"):
        jsonschema.validate(unknown, CUSTOM[found["apiVersion"]]["KafkaTopic"])


def test_custom_resources_are_rendered_somewhere():
    """The cases show every kind that has a definition here."""
    shown = {(it["apiVersion"], it["kind"]) for case in rendering.CASES for it in rendering.documents(case)}
    assert {(version, kind) for version, kinds in CUSTOM.items() for kind in kinds} <= shown


def test_rendering_twice_is_identical(case):
    """Nothing is random or of the moment: the same values give the same text."""
    again = rendering.text.__wrapped__(case)
    assert again == rendering.text(case)


def test_two_releases_never_meet(case):
    """Two releases in one namespace have no object in common, and no selector finds the other's pods."""
    if "fullnameOverride" in (rendering.CHART / "ci" / f"{case}-values.yaml").read_text():
        one, two = (rendering.documents(case, f"fullnameOverride={it}", release=it) for it in ("one", "two"))
    else:
        one, two = (rendering.documents(case, release=it) for it in ("one", "two"))
    assert not {identity(it) for it in one} & {identity(it) for it in two}
    for it in one:
        for selector in selectors(it):
            assert not any(selects(selector, pod["metadata"]["labels"]) for _, pod in rendering.pods(two)), it


def identity(document):
    return document["kind"], document["metadata"]["name"]


def selectors(document):
    spec = document.get("spec", {})
    found = spec.get("selector") if document["kind"] == "Service" else (spec.get("selector") or {}).get("matchLabels")
    yield from [found] if found else []
    if document["kind"] == "NetworkPolicy":
        yield spec["podSelector"]["matchLabels"]


def selects(selector, labels):
    return selector.items() <= labels.items()


def test_every_object_is_in_the_namespace_and_labelled(rendered):
    """Every object says its namespace, its component and who manages it."""
    for it in rendered:
        assert it["metadata"]["namespace"] == rendering.NAMESPACE, it
        labels = it["metadata"]["labels"]
        assert labels["app.kubernetes.io/managed-by"] == "Helm"
        assert labels["app.kubernetes.io/instance"] == "p"


def test_selectors_find_the_pods_that_they_mean(rendered):
    """Each selector finds a pod of this release, and consists of name, release and component."""
    labels = [pod["metadata"]["labels"] for _, pod in rendering.pods(rendered)]
    for it in rendered:
        for selector in selectors(it):
            assert any(selects(selector, found) for found in labels), it["metadata"]["name"]
            assert set(selector) <= {
                "app.kubernetes.io/name",
                "app.kubernetes.io/instance",
                "app.kubernetes.io/component",
            }


def test_names_fit():
    """With the longest name of a release every name still fits into a label, together with what a pod's name adds."""
    for it in rendering.documents("minimal", release="r" * 40):
        limit = 52 if it["kind"] == "StatefulSet" else 63
        assert len(it["metadata"]["name"]) <= limit, it["metadata"]["name"]
