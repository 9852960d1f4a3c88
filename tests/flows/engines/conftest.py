"""Two or more replicas of each service over real servers, shared by the tests of a run, and the figures they found."""

import asyncio
import random

import pytest
from support import engines
from support.asking import Browser
from support.chat_client import Places
from support.figures import Figures
from support.fleet import CHAT, MESSAGES, REGISTRATION, WORKER, Fleet
from support.mail_sink import MailSink
from support.mailgun_server import Answer

FIGURES = Figures("figures of flows and faults")


@pytest.fixture(scope="session")
def stores(tmp_path_factory):
    """The servers, with empty and migrated stores: a fleet without replicas."""
    folder = tmp_path_factory.mktemp("fleet")
    asyncio.run(engines.make_database())
    fleet = Fleet(folder, engines.environment())
    fleet.migrate()
    return fleet


@pytest.fixture(scope="session")
def chat_fleet(stores):
    """Two replicas each of chat-service and message-service. Tests leave them running."""
    fleet = Fleet(stores.folder, stores.environment)
    fleet.add(CHAT, 2)
    fleet.add(MESSAGES, 2)
    yield fleet
    fleet.end()


@pytest.fixture
def chat(chat_fleet):
    """The same, all of them running whatever the test before did to them."""
    engines.heal()
    chat_fleet.start()
    yield chat_fleet
    assert chat_fleet.mishaps() == []


@pytest.fixture
def places(chat):
    return Places(chat.urls(CHAT), chat.urls(MESSAGES))


@pytest.fixture(scope="module")
def sink():
    """Where the mails of a module go."""
    opened = MailSink(engines.network())
    yield opened
    opened.end()


@pytest.fixture(scope="module")
def sign_in_fleet(stores, sink):
    """Three replicas of registration-api, two of email-worker, and a trusted proxy that tells networks apart."""
    fleet = Fleet(stores.folder, stores.environment | {"TRUSTED_PROXIES": "127.0.0.1/32"})
    fleet.add(REGISTRATION, 3)
    fleet.add(WORKER, 2, **sink.environment)
    yield fleet
    fleet.end()


@pytest.fixture
def sign_in(sign_in_fleet, sink):
    """The same, all of them running, and mails taken again."""
    engines.heal()
    sink.way.heal()
    sink.answer(Answer())
    sign_in_fleet.start()
    yield sign_in_fleet
    assert sign_in_fleet.mishaps() == []


@pytest.fixture
async def browser(sign_in, rng):
    """Makes browsers."""
    made = []

    def make(**details):
        made.append(Browser(sign_in.urls(REGISTRATION), rng, **details))
        return made[-1]

    yield make
    for one in made:
        await one.close()


@pytest.fixture
def rng():
    return random.Random(1)


@pytest.fixture
def figures(request):
    """Takes a line about what a test has measured; all of them are printed at the end of the run."""
    return FIGURES.of(request.node.name)


def pytest_terminal_summary(terminalreporter):
    FIGURES.show(terminalreporter)
