"""The schema of TurnSecretRotation; its CEL rules are the API server's to try."""

from pathlib import Path

import jsonschema
import pytest
import yaml

from parley_operator.rotation import spec

FILE = Path(__file__).parents[4] / "charts" / "parley" / "crds" / "turnsecretrotations.yaml"
DEFINITION = yaml.safe_load(FILE.read_text())
VERSION = DEFINITION["spec"]["versions"][0]
SCHEMA = VERSION["schema"]["openAPIV3Schema"]
COLUMNS = [it for it in VERSION["additionalPrinterColumns"] if not it["jsonPath"].startswith(".metadata")]
WHOLE = {
    "ringSecretName": "turn-ring",
    "maxCredentialTTL": "1h30m",
    "clockSkew": "60s",
    "schedule": {"every": "720h", "window": "02:00-05:00", "timeZone": "Europe/Kyiv", "jitter": "30m"},
    "trigger": "2026-11-01-a",
    "revoke": ["k1"],
    "abort": "0011223344556677",
    "progressDeadline": "30m",
    "paused": True,
}


def closed(schema):
    """As the API server prunes: what is not in the schema is not there."""
    made = {key: closed(it) if isinstance(it, dict) else it for key, it in schema.items()}
    return made | {"additionalProperties": False} if "properties" in schema else made


def is_valid(it, schema=SCHEMA["properties"]["spec"]):
    return jsonschema.Draft202012Validator(closed(schema)).is_valid(it)


def test_a_whole_object_is_valid_and_read():
    """An object with every field is in the schema, and each field reaches the rules."""
    assert is_valid(WHOLE)
    assert set(WHOLE) == set(SCHEMA["properties"]["spec"]["properties"])
    wanted = spec.read({"metadata": {"uid": "u"}, "spec": WHOLE})
    assert (wanted.secret, wanted.deadline_s, wanted.spec.ttl_s) == ("turn-ring", 1800, 5400)
    assert (wanted.spec.schedule.every_s, wanted.spec.schedule.zone) == (2_592_000, "Europe/Kyiv")
    assert (wanted.spec.revoke, wanted.spec.is_paused) == (frozenset({"k1"}), True)


@pytest.mark.parametrize(
    "change",
    [
        {"ringSecretName": ""},
        {"ringSecretName": "Ring"},
        {"maxCredentialTTL": "1 hour"},
        {"schedule": {"window": "02:00-05:00"}},
        {"schedule": {"every": "720h", "window": "2-5"}},
        {"schedule": {"every": "720h", "window": "02:00-24:00"}},
        {"revoke": [""]},
        {"paused": "yes"},
        {"trigger": 7},
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused(change):
    """A field of the wrong form is refused when the object is written."""
    assert is_valid(WHOLE)
    assert not is_valid(WHOLE | change)


def test_defaults_are_those_of_the_reader():
    """What the schema fills in is what the operator takes when it is not there."""
    fields = SCHEMA["properties"]["spec"]["properties"]
    filled = {name: it["default"] for name, it in fields.items() if "default" in it}
    bare = {"ringSecretName": "turn-ring"}
    assert spec.read({"metadata": {"uid": "u"}, "spec": bare}) == spec.read(
        {"metadata": {"uid": "u"}, "spec": bare | filled}
    )


@pytest.mark.parametrize("column", COLUMNS, ids=lambda it: it["name"])
def test_columns_show_what_there_is(column):
    """Each column that kubectl prints is a field of the schema."""
    found = SCHEMA
    for part in column["jsonPath"].split("[")[0].strip(".").split("."):
        found = found["properties"][part]


def test_every_rule_says_what_to_do():
    """Each CEL rule has a sentence of its own for people."""
    rules = list(_rules(SCHEMA))
    assert len(rules) >= 6
    assert all(it["message"].endswith(".") for it in rules)


def _rules(schema):
    for key, it in schema.items():
        if key == "x-kubernetes-validations":
            yield from it
        elif isinstance(it, dict):
            yield from _rules(it)
