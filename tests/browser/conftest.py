"""Real browsers against the real product; a console error in any of them fails the test."""

import pytest
from support.browsers import Visitor, chromium
from support.parley_process import ParleyProcess


@pytest.fixture(scope="session")
def browser():
    """One Chromium for the whole run; each visitor gets a profile of its own."""
    with chromium() as running:
        yield running


@pytest.fixture
def parley(tmp_path):
    """A running product on a folder of its own."""
    process = ParleyProcess(tmp_path / "data")
    yield process.start()
    process.stop()


@pytest.fixture
def visitor(browser, parley):
    """Opens browser profiles; none of them may have complained by the end."""
    visitors: list[Visitor] = []

    def visit(**options):
        visitors.append(Visitor(browser, parley, **options))
        return visitors[-1]

    yield visit
    for one in visitors:
        one.close()
    assert [complaint for one in visitors for complaint in one.complaints] == []
