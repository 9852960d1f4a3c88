"""Render tests of the chart; `rendering.py` renders. Everything here needs helm, and no cluster."""

from pathlib import Path

import pytest
from chart import rendering

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items):
    """Marks what lies in this folder."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.chart)


@pytest.fixture(params=rendering.CASES)
def case(request):
    """Each file of values that the chart brings, by name."""
    return request.param


@pytest.fixture
def rendered(case):
    """The objects of a case."""
    return rendering.documents(case)
