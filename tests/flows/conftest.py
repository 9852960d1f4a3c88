"""The whole product as one process, and people who use it."""

import pytest
from support.parley_process import ParleyProcess
from support.person import Person


@pytest.fixture
def parley(tmp_path):
    """A running product on a folder of its own."""
    process = ParleyProcess(tmp_path / "data")
    yield process.start()
    process.stop()


@pytest.fixture
def person(parley):
    """Signs people in by address."""
    people = []

    def sign_in(address: str) -> Person:
        people.append(Person(parley, address).sign_in())
        return people[-1]

    yield sign_in
    for one in people:
        one.close()
