"""How message-service is put together, its settings, and what stops its start."""

import pytest
from support.messaging import messaging

from parley.configuration import ConfigurationError, load
from parley.message_service.settings import MessageSettings
from parley.message_service.wiring import run

VARIABLES = ("DATABASE_URL", "MESSAGE_LOG_URL", "REDIS_URL", "PARLEY_LOBBY", "PARLEY_HOST", "PARLEY_PORT")


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
    """An environment in which the service could start, but for what a test changes."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path / 'parley.db'}")
    monkeypatch.setenv("MESSAGE_LOG_URL", f"sqlite:///{tmp_path / 'messages.db'}")
    return monkeypatch


async def refused():
    """The sentences with which a start is refused."""
    with pytest.raises(ConfigurationError) as error:
        await run()
    return error.value.sentences


async def test_it_is_routes_and_a_sweeper(tmp_path):
    """The component brings the calls under /api and the sweeper of unfinished changes."""
    async with messaging(tmp_path) as world:
        (router,) = world.component.routers
        assert world.component.name == "message-service"
        assert list(world.component.tasks) == ["sweeper"]
        assert {route.path.split("/")[1] for route in router.routes} == {"api"}


async def test_every_missing_setting_is_told(environment):
    """Without its two stores, and with a port that is none, the start is refused with a sentence for each."""
    environment.delenv("DATABASE_URL")
    environment.delenv("MESSAGE_LOG_URL")
    environment.setenv("PARLEY_PORT", "many")
    environment.setenv("PARLEY_LOBBY", "maybe")
    names = {sentence.partition(":")[0] for sentence in await refused()}
    assert names == {"DATABASE_URL", "MESSAGE_LOG_URL", "PARLEY_LOBBY", "PARLEY_PORT"}


@pytest.mark.parametrize(
    ("variable", "url", "known"),
    [
        ("DATABASE_URL", "pigeon://user:secret@loft", "sqlite"),
        ("MESSAGE_LOG_URL", "pigeon://user:secret@loft", "sqlite:"),
        ("REDIS_URL", "pigeon://user:secret@loft", "inprocess:"),
    ],
)
async def test_an_unknown_scheme_stops_the_start(environment, variable, url, known):
    """A store that no adapter answers to is told with those that are known, without the credentials of the URL."""
    environment.setenv(variable, url)
    (sentence,) = await refused()
    assert sentence.startswith(f"{variable}: ")
    assert "pigeon:" in sentence
    assert known in sentence
    assert "secret" not in sentence


async def test_a_log_that_cannot_be_opened_stops_the_start(environment, tmp_path):
    """A file in a folder that is not there is told by the variable that names it."""
    environment.setenv("MESSAGE_LOG_URL", f"sqlite:///{tmp_path / 'nowhere' / 'messages.db'}")
    (sentence,) = await refused()
    assert sentence.startswith("MESSAGE_LOG_URL: ")


@pytest.mark.parametrize(("given", "has_lobby"), [(None, True), ("on", True), ("off", False)])
def test_there_is_a_lobby_unless_it_is_off(environment, given, has_lobby):
    """The lobby is on by default."""
    if given:
        environment.setenv("PARLEY_LOBBY", given)
    assert load(MessageSettings).has_lobby == has_lobby
