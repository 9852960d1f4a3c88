"""From what came to what is written down: names in place of what differs from run to run."""

import re
from typing import Any

from contracts.placeholders import Bound, difference

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_OPAQUE = {"challenge", "conn", "token", "username", "credential"}
_SHORTEST = 12
"""Values that are shorter are not looked for inside of others."""


def abstracted(came: Any, written: Any, bound: Bound, key: str = "", parent: str = "") -> Any:
    """What came, with placeholders: those that are written already, names that are bound, and new ones."""
    if isinstance(came, dict):
        old = written if isinstance(written, dict) else {}
        # Header fields repeat what the body names.
        order = sorted(came, key=lambda name: name == "headers")
        made = {name: abstracted(came[name], old.get(name), bound, name, key) for name in order}
        return {name: made[name] for name in came}
    if isinstance(came, list):
        old = written if isinstance(written, list) and len(written) == len(came) else [None] * len(came)
        return [abstracted(it, was, bound, key, parent) for it, was in zip(came, old, strict=True)]
    if isinstance(written, str) and "{" in written and difference(written, came, bound) is None:
        return written
    return _named(came, bound, key, parent)


def _named(came: Any, bound: Bound, key: str, parent: str) -> Any:
    for name, value in bound.items():
        if value == came and type(value) is type(came) and (isinstance(came, str) or came > 10**9):
            return f"{{{name}}}"
    if isinstance(came, str):
        return _named_text(came, bound, key, parent)
    if isinstance(came, int) and not isinstance(came, bool):
        if key.endswith("_ms") and key != "ping_ms":
            return "{ms}"
        if key == "ttl":
            return "{s}"
        if came > 10**9:
            return _new(came, bound, key)
    return came


def _named_text(came: str, bound: Bound, key: str, parent: str) -> str:
    if _TIME.fullmatch(came):
        return "{time}"
    if key in _OPAQUE:
        return _new(came, bound, key)
    if _UUID.fullmatch(came) or (key == "id" and parent == "session"):
        return _new(came, bound, parent if key == "id" and parent else key)
    for name, value in bound.items():
        if isinstance(value, str) and len(value) >= _SHORTEST:
            came = came.replace(value, f"{{{name}}}")
    return came


def _new(came: Any, bound: Bound, word: str) -> str:
    name, number = word, 1
    while name in bound:
        number += 1
        name = f"{word}{number}"
    bound[name] = came
    return f"{{{name}}}"
