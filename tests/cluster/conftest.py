"""What the tests of the local cluster have in common, and in which order their files run."""

import functools
import os
from collections.abc import Iterator

import pytest
from conformance.server import Server
from playwright.sync_api import expect
from support.browsers import chromium
from support.chromium import FAKE_DEVICES
from support.cluster_people import PATIENCE_MS, at_home, installation
from support.figures import Figures

expect.set_options(timeout=PATIENCE_MS)

ORDER = [
    "test_ports",
    "test_installation",
    "test_network_policy",
    "test_operator_permissions",
    "test_operator_topics",
    "test_two_people",
    "test_live_sync",
    "test_polling_client",
    "test_telling",
    "test_external",
    "test_upgrade",
    "test_operator_rotation",
    "test_operator_faults",
    "test_kills",
    "test_broken",
    "test_operator_uninstall",
    "test_restore",
    "test_reinstall",
]
"""Whoever breaks something comes after those who only look; the last one removes the installation."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files of this folder into that order; a file that is not in it is an error."""
    here = [it for it in items if it.path.parent.name == "cluster"]
    ordered = iter(sorted(here, key=lambda it: ORDER.index(it.path.stem)))
    items[:] = [next(ordered) if it in here else it for it in items]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Yield to the cluster, of which all pods together would otherwise get the processor that one process gets."""
    if item.get_closest_marker("cluster"):
        _yield()


@functools.cache
def _yield() -> None:
    os.nice(10)


FIGURES = Figures("figures of the cluster")


@pytest.fixture
def figures(request):
    """Takes a line about what a test has measured; all of them are printed at the end of the run."""
    return FIGURES.of(request.node.name)


def pytest_terminal_summary(terminalreporter):
    """Print them."""
    FIGURES.show(terminalreporter)


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Iterator[None]:
    """This machine knows the names and trusts the authority."""
    with at_home(tmp_path_factory.mktemp("home")):
        yield


@pytest.fixture(scope="module")
def server(home) -> Iterator[Server]:
    """The product by its public name, and who reads its mails."""
    with installation() as found:
        yield found


@pytest.fixture(scope="module")
def browser():
    """One with a camera, to which the installation's certificate is as good as any."""
    with chromium(*FAKE_DEVICES, "--ignore-certificate-errors") as running:
        yield running
