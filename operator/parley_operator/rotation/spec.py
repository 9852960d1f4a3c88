"""A TurnSecretRotation as somebody wrote it, in the words of the rules.

Its schema has refused most mistakes; what it cannot know (time zones) is told as BadSpec, which blocks the object and
nothing else. Next: `reconcile.py`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from parley_operator.ring.model import Spec
from parley_operator.ring.schedule import Schedule

ROTATE = "parley.manchik.co.uk/rotate"
"""The annotation that asks for a rotation: any word that is not the one before."""

_DURATION = re.compile(r"(?=\d)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_WINDOW = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


class BadSpec(ValueError):
    """The object asks for what there is not. The text is a sentence for its condition."""


@dataclass(frozen=True)
class Wanted:
    """What an object wants: of which Secret, by which rules, and after how long without progress it is told."""

    secret: str
    spec: Spec
    deadline_s: int


def read(body: Mapping[str, Any]) -> Wanted:
    """What an object wants. Raises BadSpec."""
    metadata, spec = body["metadata"], body.get("spec") or {}
    annotation = (metadata.get("annotations") or {}).get(ROTATE, "")
    rules = Spec(
        uid=str(metadata["uid"]),
        ttl_s=duration_s(spec.get("maxCredentialTTL", "1h")),
        clock_skew_s=duration_s(spec.get("clockSkew", "60s")),
        schedule=_schedule(spec["schedule"]) if spec.get("schedule") else None,
        triggers=(str(spec.get("trigger", "")), str(annotation)),
        revoke=frozenset(map(str, spec.get("revoke") or ())),
        abort=str(spec.get("abort", "")),
        is_paused=bool(spec.get("paused")),
    )
    return Wanted(str(spec.get("ringSecretName", "")), rules, duration_s(spec.get("progressDeadline", "30m")))


def duration_s(text: str) -> int:
    """Seconds of `1h30m`, `60s` and the like. Raises BadSpec."""
    found = _DURATION.fullmatch(str(text))
    if found is None:
        raise BadSpec("A duration is written in hours, minutes and seconds, such as 1h30m.")
    hours, minutes, seconds = (int(it or 0) for it in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def _schedule(it: Mapping[str, Any]) -> Schedule:
    zone = str(it.get("timeZone", "UTC"))
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadSpec("spec.schedule.timeZone is none of the IANA time zones.") from None
    every_s, jitter_s = duration_s(it["every"]), duration_s(it.get("jitter", "0s"))
    return Schedule(every_s, _window(it["window"]) if it.get("window") else None, zone, jitter_s)


def _window(text: str) -> tuple[time, time]:
    found = _WINDOW.fullmatch(str(text))
    if found is None:
        raise BadSpec("spec.schedule.window is written like 02:00-05:00.")
    hours = [int(it) for it in found.groups()]
    return time(hours[0], hours[1]), time(hours[2], hours[3])
