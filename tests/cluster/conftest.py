"""What the tests of the local cluster have in common, and in which order their files run."""

from collections.abc import Iterator

import pytest
from conformance.server import Server
from playwright.sync_api import expect
from support.browsers import chromium
from support.chromium import FAKE_DEVICES
from support.cluster_people import at_home, installation

# How long a condition is waited for on a busy machine; what is there is not waited for.
expect.set_options(timeout=30_000)

ORDER = [
    "test_ports",
    "test_installation",
    "test_network_policy",
    "test_two_people",
    "test_polling_client",
    "test_telling",
    "test_external",
    "test_upgrade",
    "test_kills",
    "test_broken",
    "test_reinstall",
]
"""Whoever breaks something comes after those who only look; the last one removes the installation."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files of this folder into that order; a file that is not in it is an error."""
    here = [it for it in items if it.path.parent.name == "cluster"]
    ordered = iter(sorted(here, key=lambda it: ORDER.index(it.path.stem)))
    items[:] = [next(ordered) if it in here else it for it in items]


FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture
def figures(request):
    """Takes a line about what a test has measured; all of them are printed at the end of the run."""
    lines = request.config.stash.setdefault(FIGURES, [])
    return lambda line: lines.append(f"{request.node.name}: {line}")


def pytest_terminal_summary(terminalreporter, config):
    """Print them."""
    lines = config.stash.get(FIGURES, [])
    if lines:
        terminalreporter.section("figures of the cluster")
        for line in lines:
            terminalreporter.line(line)


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
