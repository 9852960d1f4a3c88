"""Writes the table of values in the chart's README, from its schema and its defaults: `python -m chart.readme`.

`test_values.py` keeps the two together.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).parents[2] / "charts" / "parley"
README = CHART / "README.md"
_MARK = "<!-- written from values.schema.json by `make chart-readme` -->\n"


def text() -> str:
    """The README as it should be."""
    schema = json.loads((CHART / "values.schema.json").read_text())
    defaults = yaml.safe_load((CHART / "values.yaml").read_text())
    kept = README.read_text().partition(_MARK)[0]
    return f"{kept}{_MARK}\n| value | meaning | default |\n|---|---|---|\n" + "".join(_rows(schema, defaults))


def leaves(schema: Mapping[str, Any], value: Any, path: str = "") -> Iterator[tuple[str, Mapping[str, Any], Any]]:
    """Every value that can be set: its path, its schema without references, and its default."""
    yield from _walk(schema, schema, value, path)


def resolved(root: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema with what it refers to; a description of its own wins."""
    if "$ref" not in schema:
        return schema
    return {**root["$defs"][schema["$ref"].rpartition("/")[2]], **schema}


def _walk(root: Mapping[str, Any], given: Mapping[str, Any], value: Any, path: str) -> Iterator[Any]:
    schema = resolved(root, given)
    yield path, schema, value
    for name, inner in schema.get("properties", {}).items():
        yield from _walk(root, inner, (value or {}).get(name), f"{path}.{name}" if path else name)


def _rows(schema: Mapping[str, Any], defaults: Mapping[str, Any]) -> Iterator[str]:
    for path, of, default in leaves(schema, defaults):
        if not path:
            continue
        told = "" if of.get("properties") else f"`{json.dumps(default, ensure_ascii=False)}`"
        yield f"| `{path}` | {_meaning(of)} | {told} |\n"


def _meaning(schema: Mapping[str, Any]) -> str:
    choices = " or ".join(f"`{it}`" for it in schema.get("enum", ()))
    missing = choices and not all(f"`{it}`" in schema["description"] for it in schema["enum"])
    return schema["description"].replace("|", "\\|") + (f" {choices}." if missing else "")


if __name__ == "__main__":
    README.write_text(text())
