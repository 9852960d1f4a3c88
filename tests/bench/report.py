"""The lines of the report: what was measured, the figure, and the goal where there is one."""

import statistics
from collections.abc import Sequence
from typing import Any


class Report:
    """Prints as figures come, and remembers whether any delivery went wrong."""

    def __init__(self) -> None:
        self.lost = self.bad = self.deliveries = 0

    def line(self, what: str, figure: str, goal: str = "") -> None:
        print(f"  {what:44}{figure:34}{goal}".rstrip(), flush=True)

    def title(self, text: str) -> None:
        print(f"\n{text}", flush=True)

    def count(self, result: dict[str, Any]) -> None:
        """Add the deliveries of one slice."""
        self.lost += result["lost"]
        self.bad = self.bad + result["bad"]
        self.deliveries += result["deliveries"]

    def conclude(self) -> int:
        """Say what became of the deliveries, and return the exit code."""
        self.title(f"{self.deliveries} deliveries, every byte compared: lost {self.lost}, bad {self.bad}")
        return 1 if self.lost or self.bad else 0


def at_most(figure: float, goal: float, unit: str) -> str:
    """The words for a goal."""
    return f"goal ≤ {goal:g} {unit}: {'met' if figure <= goal else 'MISSED'}"


def spread(figures: Sequence[float], unit: str, digits: int = 2) -> str:
    """The median, and from where to where the figures went."""
    low, middle, high = (f"{it:.{digits}f}" for it in (min(figures), statistics.median(figures), max(figures)))
    return f"{middle} {unit} [{low}–{high}]"
