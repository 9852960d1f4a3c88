"""`{name}` in a transcript: filling it in, and telling whether what came is what is written."""

import re
from typing import Any

Bound = dict[str, Any]

_NAME = re.compile(r"\{([a-z][a-z0-9._-]*)\}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def filled(value: Any, bound: Bound) -> Any:
    """With the value of each name in its place. Raises KeyError for a name that nothing has bound."""
    if isinstance(value, dict):
        return {filled(key, bound): filled(it, bound) for key, it in value.items()}
    if isinstance(value, list):
        return [filled(it, bound) for it in value]
    if not isinstance(value, str):
        return value
    whole = _NAME.fullmatch(value)
    return bound[whole.group(1)] if whole else _NAME.sub(lambda it: str(bound[it.group(1)]), value)


def difference(written: Any, came: Any, bound: Bound, place: str = "") -> str | None:
    """Where and how the two differ, None if they do not; names that are met first are added to `bound`."""
    if isinstance(written, dict) and isinstance(came, dict):
        if set(written) != set(came):
            return f"{place or '/'} has members {sorted(came)}, written are {sorted(written)}"
        pairs = [(key, written[key], came[key]) for key in written]
    elif isinstance(written, list) and isinstance(came, list):
        if len(written) != len(came):
            return f"{place or '/'} has {len(came)} items, written are {len(written)}"
        pairs = [(str(at), *it) for at, it in enumerate(zip(written, came, strict=True))]
    elif isinstance(written, str):
        return None if _fits(written, came, bound) else f"{place or '/'} is {came!r}, written is {written!r}"
    else:
        return None if written == came else f"{place or '/'} is {came!r}, written is {written!r}"
    found = (difference(one, other, bound, f"{place}/{key}") for key, one, other in pairs)
    return next((it for it in found if it), None)


def _fits(written: str, came: Any, bound: Bound) -> bool:
    whole = _NAME.fullmatch(written)
    if whole is None:
        return _matches(written, came, bound)
    name = whole.group(1)
    if name == "time":
        return isinstance(came, str) and _TIME.fullmatch(came) is not None
    if name in ("ms", "s"):
        return isinstance(came, int) and came >= 0
    return bound.setdefault(name, came) == came


def _matches(written: str, came: Any, bound: Bound) -> bool:
    """Names inside of a text are bound by it where they are new."""
    if not isinstance(came, str):
        return False
    parts = _NAME.split(written)
    names = parts[1::2]
    pattern = "".join(
        f"({re.escape(str(bound[it]))})" if at % 2 and it in bound else "(.+)" if at % 2 else re.escape(it)
        for at, it in enumerate(parts)
    )
    found = re.fullmatch(pattern, came)
    if found is None:
        return False
    for name, value in zip(names, found.groups(), strict=True):
        bound.setdefault(name, value)
    return True
