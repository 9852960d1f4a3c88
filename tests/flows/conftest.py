"""The whole product as one process, and people who use it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from support.parley_process import ParleyProcess
from support.person import Person


@contextmanager
def running(folder) -> Iterator[ParleyProcess]:
    process = ParleyProcess(folder)
    yield process.start()
    process.stop()


@contextmanager
def signing_in(parley) -> Iterator[Callable[[str], Person]]:
    people: list[Person] = []

    def sign_in(address: str) -> Person:
        people.append(Person(parley, address).sign_in())
        return people[-1]

    yield sign_in
    for one in people:
        one.close()


@pytest.fixture
def parley(tmp_path):
    """A running product on a folder of its own."""
    with running(tmp_path / "data") as process:
        yield process


@pytest.fixture
def person(parley):
    """Signs people in by address."""
    with signing_in(parley) as sign_in:
        yield sign_in


@pytest.fixture(scope="module")
def parley_for_module(tmp_path_factory):
    """A running product for tests that leave it as they found it."""
    with running(tmp_path_factory.mktemp("flow")) as process:
        yield process


@pytest.fixture(scope="module")
def people_for_module(parley_for_module):
    """Signs people in there."""
    with signing_in(parley_for_module) as sign_in:
        yield sign_in
