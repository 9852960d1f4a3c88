"""Frames that are nearly right, and some that are nothing at all, drawn from a seed."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

from support.frames import goldens

_ODD: list[Any] = [
    None, True, False, 0, -1, 1, 1.5, 2**53, 2**64, 1e400, "", "x", "\x00", "\ud800", "offline", "y" * 8001, "é" * 4000,
    [], [1], [1, 2], [[]], {}, {"": 1}, {"conv": {}}, "00000000-0000-7000-8000-000000000001",
]  # fmt: skip


def frames(seed: int, count: int) -> Iterator[str]:
    """Texts to send: mutated golden frames, several changes each, and one in fifty broken as text."""
    rng, templates = random.Random(seed), list(goldens("client").values())
    for _ in range(count):
        frame = copy.deepcopy(rng.choice(templates))
        for _ in range(rng.randint(0, 3)):
            # What is wrong outside of `d` mostly ends the connection, and is soon tried out.
            _change(rng, frame["d"] if rng.random() < 0.97 and isinstance(frame.get("d"), dict) else frame)
        text = json.dumps(frame, ensure_ascii=rng.random() < 0.5)
        text = text.encode(errors="replace").decode()
        yield _break(rng, text) if rng.random() < 0.02 else text


def _change(rng: random.Random, frame: Any) -> None:
    holder, key = rng.choice(list(_places(frame)))
    action = rng.randrange(4)
    if action == 0:
        del holder[key]
    elif action == 1 and isinstance(holder, dict):
        holder[rng.choice(["t", "d", "id", "conv", "extra", "seq", ""])] = copy.deepcopy(rng.choice(_ODD))
    elif action == 2 and isinstance(holder[key], list):
        holder[key] = holder[key] * rng.randint(2, 300)
    else:
        holder[key] = copy.deepcopy(rng.choice(_ODD))


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in list(keys):
        yield value, key
        yield from _places(value[key])
    if isinstance(value, dict) and not value:
        value["was"] = "empty"
        yield value, "was"


def _break(rng: random.Random, text: str) -> str:
    at = rng.randint(0, len(text))
    return rng.choice([text[:at], text[at:], text[:at] + rng.choice('{}[]",:\\\x00') + text[at:], "[" * 5000, ""])
