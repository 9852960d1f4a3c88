"""The golden frames and the schema that they, the Python types and the client's types are held to."""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

CONTRACTS = Path(__file__).parents[2] / "apps" / "parley" / "contracts"
SCHEMA = json.loads((CONTRACTS / "chat.v1.schema.json").read_text())

Json = Any


def goldens(direction: str) -> dict[str, Json]:
    """The golden frames by name: those of `client`, of `server` (pushes) or of `reply`."""
    files = sorted((CONTRACTS / "examples").glob(f"{direction}.*.json"))
    return {
        file.name.removeprefix(f"{direction}.").removesuffix(".json"): json.loads(file.read_text()) for file in files
    }


def accepts(direction: str) -> Callable[[Json], bool]:
    """Whether the schema accepts a frame in this direction, `client` or `server`."""
    return Draft202012Validator(SCHEMA | {"anyOf": [{"$ref": f"#/$defs/{direction}"}]}).is_valid


_WRONG: list[Json] = [None, True, 0, -1, 1.5, 2**53, "", "x", "offline", [], [1, 2, 3], {}, "y" * 8001]


def mutations(frame: Json) -> Iterator[tuple[str, Json]]:
    """The frame with one member left out or replaced by a value of another kind or range; the place, and the frame."""
    for path in _paths(frame):
        for change in (None, *range(len(_WRONG))):
            mutated = copy.deepcopy(frame)
            holder = mutated
            for step in path[:-1]:
                holder = holder[step]
            if change is None:
                del holder[path[-1]]
            else:
                holder[path[-1]] = _WRONG[change]
            yield f"{'/'.join(map(str, path))} {'gone' if change is None else repr(_WRONG[change])[:20]}", mutated


def _paths(value: Json, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from _paths(inner, (*path, key))
