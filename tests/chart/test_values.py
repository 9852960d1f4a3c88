"""Values, schema, templates and README say the same; a value that is not there is refused."""

import json
import re

import pytest
from chart import readme, rendering

SCHEMA = json.loads((rendering.CHART / "values.schema.json").read_text())
TEMPLATES = "\n".join(
    re.sub(r"\{\{-? */\*.*?\*/ *-?\}\}", "", it.read_text(), flags=re.DOTALL)
    for pattern in ("*.tpl", "**/*.yaml", "NOTES.txt")
    for it in (rendering.CHART / "templates").glob(pattern)
)
OPEN = {"annotations", "labels", "extraEnv", "podAnnotations", "nodeSelector", "requests", "limits"}
"""Values that hold whatever their user likes."""


def declared():
    """The path of each value of the schema."""
    for path, _, _ in readme.leaves(SCHEMA, rendering.values()):
        if path:
            yield path


def default_paths(value, prefix=""):
    for name, inner in value.items():
        path = f"{prefix}.{name}" if prefix else name
        yield path
        if isinstance(inner, dict) and name not in OPEN:
            yield from default_paths(inner, path)


def test_schema_and_defaults_have_the_same_values():
    """Every value of the schema has a default, and every default is in the schema."""
    within_open = re.compile(rf"\.({'|'.join(OPEN)})\..+")
    assert set(declared()) == {it for it in default_paths(rendering.values()) if not within_open.search(it)}


def test_every_value_is_described():
    """Every value says in the schema what it means, in a sentence."""
    for path, schema, _ in readme.leaves(SCHEMA, rendering.values()):
        assert re.search(r"[.;:]$", schema.get("description", "")), path


def test_every_object_of_the_schema_is_closed():
    """Nothing unknown gets in: an object names its members, or says what any member must be."""
    for path, schema, _ in readme.leaves(SCHEMA, rendering.values()):
        if schema.get("properties"):
            assert schema["additionalProperties"] is False, path


def used():
    yield from re.findall(r"\.Values\.([A-Za-z][\w.]*)", TEMPLATES)
    yield from re.findall(r'index \$?(?:root)?\.Values "?(\w+)', TEMPLATES)


def test_every_used_value_is_declared():
    """No template reads a value that nobody can give."""
    known = set(declared())
    unknown = {it for it in used() if it not in known and not any(it.startswith(f"{path}.") for path in open_paths())}
    assert unknown == set()


def open_paths():
    return {it for it in declared() if it.rpartition(".")[2] in OPEN}


def test_the_readme_is_up_to_date():
    """`make chart-readme` has nothing to write: the README describes every value with its default."""
    assert readme.README.read_text() == readme.text()


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("mysqll.mode=bundled", "mysqll"),
        ("mysql.external.hots=x", "hots"),
        ("services.chat-service.replica=2", "replica"),
        ("images.mysql.tags=1", "tags"),
    ],
)
def test_unknown_values_are_refused(value, name):
    """A value that is not there is refused by its name."""
    with pytest.raises(rendering.Refused, match=f"additional properties '{name}' not allowed"):
        rendering.documents("minimal", value)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("mysql.mode=none", "must be one of 'bundled', 'external'"),
        ("services.chat-service.replicas=0", "/services/chat-service/replicas"),
        ("hosts.chat=Not A Host", "/hosts/chat"),
        ("images.mysql.digest=abc", "/images/mysql/digest"),
        ("mysql.bundled.storage.size=8", "/mysql/bundled/storage/size"),
    ],
)
def test_wrong_values_are_refused(value, told):
    """A value of the wrong form is refused by its place."""
    with pytest.raises(rendering.Refused, match=re.escape(told)):
        rendering.documents("minimal", value)
