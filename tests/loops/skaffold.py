"""skaffold.yaml, read: the profile of a name, and the schema that its version is checked by."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
SCHEMA: Mapping[str, Any] = json.loads((Path(__file__).parent / "skaffold.schema.json").read_text())


def document() -> dict[str, Any]:
    """The whole file."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "skaffold.yaml").read_text())
    return loaded


def profile(name: str) -> dict[str, Any]:
    """What a profile adds to the empty rest."""
    return next(it for it in document()["profiles"] if it["name"] == name)


def artifacts(name: str) -> dict[str, dict[str, Any]]:
    """The images of a profile."""
    return {it["image"]: it for it in profile(name)["build"]["artifacts"]}


def release(name: str) -> dict[str, Any]:
    """What a profile tells Helm."""
    (found,) = profile(name)["deploy"]["helm"]["releases"]
    return found


def filled(template: str, images: Mapping[str, tuple[str, str]]) -> str:
    """A template of setValueTemplates with what was built: for each image its repository and tag. Raises KeyError."""
    known = {}
    for image, (repository, tag) in images.items():
        name = re.sub("[^a-zA-Z0-9]", "_", image)
        known |= {f"IMAGE_REPO_{name}": repository, f"IMAGE_TAG_{name}": tag}
    return re.sub(r"{{\.(\w+)}}", lambda found: known[found[1]], template)
