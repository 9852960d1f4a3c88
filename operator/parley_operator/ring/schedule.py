"""When a rotation is due by the calendar: so long after the key was made, inside a window, not everywhere at once.

Pure: the jitter comes out of a seed, so that a restarted operator finds the same moment.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Schedule:
    """`every_s` seconds, up to `jitter_s` later; `window` is local times of day in `zone`, None for any time."""

    every_s: int
    window: tuple[time, time] | None = None
    zone: str = "UTC"
    jitter_s: int = 0


def due_s(schedule: Schedule, made_s: int, seed: str) -> int:
    """The moment for a key that was made at `made_s`. The window's end wins over the jitter."""
    begin = made_s + schedule.every_s
    if schedule.window is None:
        return begin + int(_fraction(seed) * schedule.jitter_s)
    opening, closing = next(it for it in _windows(schedule, begin) if it[1] > begin)
    start = max(begin, opening)
    return start + int(_fraction(seed) * min(schedule.jitter_s, closing - start - 1))


def next_s(schedule: Schedule, made_s: int, seed: str, now_s: int) -> int:
    """When to begin: `due_s`, or now if that has passed, or the next opening if nobody was there in the window."""
    due = due_s(schedule, made_s, seed)
    if due >= now_s or schedule.window is None:
        return max(due, now_s)
    opening, _ = next(it for it in _windows(schedule, now_s) if it[1] > now_s)
    return max(opening, now_s)


def _windows(schedule: Schedule, around_s: int) -> Iterator[tuple[int, int]]:
    """Openings and closings from the day before on."""
    opens, closes = schedule.window or (time(), time())
    zone = ZoneInfo(schedule.zone)
    day = datetime.fromtimestamp(around_s, zone).date() - _DAY
    while True:
        last = day if closes > opens else day + _DAY
        opening, closing = (int(datetime.combine(*it, zone).timestamp()) for it in ((day, opens), (last, closes)))
        # On the day when clocks go forward a window may not exist.
        if closing > opening:
            yield opening, closing
        day += _DAY


def _fraction(seed: str) -> float:
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:6]) / 2**48
