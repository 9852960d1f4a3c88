"""How rtc-service is put together, its settings, and what stops its start."""

import pytest
from support.signaling import signaling

from parley.configuration import ConfigurationError, load
from parley.rtc_service.settings import RtcSettings
from parley.rtc_service.wiring import run

VARIABLES = ("DATABASE_URL", "REDIS_URL", "PARLEY_LOBBY", "PARLEY_HOST", "PARLEY_PORT", "SESSION_TTL_SECONDS")
VARIABLES += ("TURN_SECRET_RING_FILE", "TURN_SHARED_SECRET_FILE", "TURN_SERVER_URLS", "TURN_CREDENTIAL_TTL")


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
    """An environment in which the service could start, but for what a test changes."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path / 'parley.db'}")
    monkeypatch.setenv("TURN_SHARED_SECRET", "of-this-test")
    return monkeypatch


async def refused():
    """The sentences with which a start is refused."""
    with pytest.raises(ConfigurationError) as error:
        await run()
    return error.value.sentences


async def test_it_is_routes_and_a_drain(tmp_path):
    """The component brings the calls under /sessions, and hears of sessions that end."""
    async with signaling(tmp_path) as world:
        (router,) = world.component.routers
        assert world.component.name == "rtc-service"
        assert list(world.component.tasks) == ["revocations"]
        assert {route.path.split("/")[1] for route in router.routes} == {"sessions"}


async def test_every_mistake_is_told_at_once(environment, tmp_path):
    """What is missing and what is wrong are a sentence each in one start, the secret of the laptop among them."""
    environment.delenv("DATABASE_URL")
    environment.delenv("TURN_SHARED_SECRET")
    wrong = {"PARLEY_PORT": "many", "PARLEY_LOBBY": "maybe", "SESSION_TTL_SECONDS": "1", "TURN_SERVER_URLS": "here"}
    for name, value in wrong.items():
        environment.setenv(name, value)
    names = {sentence.partition(":")[0] for sentence in await refused()}
    assert names == wrong.keys() | {"DATABASE_URL"}
    environment.delenv("TURN_SERVER_URLS")
    assert "TURN_SHARED_SECRET" in {sentence.partition(":")[0] for sentence in await refused()}


async def test_a_ring_that_is_none_stops_the_start(environment, tmp_path):
    """A ring file that is not there is told by the variable that names it."""
    environment.setenv("TURN_SECRET_RING_FILE", str(tmp_path / "nowhere"))
    (sentence,) = await refused()
    assert sentence.startswith("TURN_SECRET_RING_FILE: ")


@pytest.mark.parametrize(
    ("variable", "url", "known"),
    [
        ("DATABASE_URL", "pigeon://user:secret@loft", "sqlite"),
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


@pytest.mark.parametrize(("given", "has_lobby"), [(None, True), ("on", True), ("off", False)])
def test_there_is_a_lobby_unless_it_is_off(environment, given, has_lobby):
    """The lobby is on by default."""
    if given:
        environment.setenv("PARLEY_LOBBY", given)
    assert load(RtcSettings).has_lobby == has_lobby
