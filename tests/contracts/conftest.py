"""One running product for the whole folder: what is tested here is its description, not its state."""

import pytest
from support.mailgun_events import SIGNING_KEY
from support.parley_process import ParleyProcess
from support.person import Person


@pytest.fixture(scope="session")
def parley(tmp_path_factory):
    """A running product."""
    process = ParleyProcess(tmp_path_factory.mktemp("contracts"), MAILGUN_WEBHOOK_SIGNING_KEY=SIGNING_KEY)
    yield process.start()
    process.stop()


@pytest.fixture(scope="session")
def ann(parley):
    """Somebody signed in."""
    person = Person(parley, "ann@example.org").sign_in()
    yield person
    person.close()
