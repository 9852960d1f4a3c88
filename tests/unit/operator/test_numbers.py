"""The operator's numbers, as docs/operator.md tells them."""

import re
from pathlib import Path

from prometheus_client import CollectorRegistry

from parley_operator.rotation.meters import Meters
from parley_operator.topics.meters import TopicMeters

PAGE = Path(__file__).parents[3] / "docs" / "operator.md"


def test_the_page_tells_every_metric_and_no_other():
    """docs/operator.md has exactly the names that the code has."""
    registry = CollectorRegistry()
    Meters(registry)
    TopicMeters(registry)
    exposed = {it.name + ("_total" if it.type == "counter" else "") for it in registry.collect()}
    assert set(re.findall(r"^\| `((?:parley|turn)_\w+)`", PAGE.read_text(), re.MULTILINE)) == exposed
