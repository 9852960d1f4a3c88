"""What tests have measured: lines that are printed together at the end of a run. A conftest offers it to its folder."""

from collections.abc import Callable

import pytest


class Figures:
    """The lines under one title, in the order in which they were found."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._lines: list[str] = []

    def of(self, test: str) -> Callable[[str], None]:
        """Takes the lines of the test of this name."""
        return lambda line: self._lines.append(f"{test}: {line}")

    def show(self, reporter: pytest.TerminalReporter) -> None:
        """Print them, if there are any."""
        if self._lines:
            reporter.section(self._title)
            for line in self._lines:
                reporter.line(line)
