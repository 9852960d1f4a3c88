"""Programs that the render tests ask: kubernetes-validate and checkov, in an environment of their own."""

import os
import shutil
from pathlib import Path

FOLDER = Path(os.environ.get("CHART_TOOLS", Path(__file__).parents[2] / "build" / "chart-tools" / "bin"))


def tool(name: str) -> str:
    """The path of a program. Fails with what is to be done if it is missing."""
    found = shutil.which(name, path=FOLDER)
    assert found, f"{name} is missing in {FOLDER}; `make test-chart` installs it"
    return found
