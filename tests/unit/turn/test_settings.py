"""What TURN is configured by: the names that are kept, and every mistake told in a sentence."""

import json

import pytest

from parley.configuration import ConfigurationError, load
from parley.turn.settings import DEV_SECRET, TurnSettings, refuse_dev_secret

VARIABLES = ("SHARED_SECRET", "SHARED_SECRET_FILE", "SECRET_RING_FILE", "SERVER_URLS", "CREDENTIAL_TTL")
URLS = "turn:turn.example.org:3478?transport=udp, turns:turn.example.org:5349?transport=tcp,turn:[2001:db8::1]"


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(f"TURN_{name}", raising=False)
    return monkeypatch


def test_defaults():
    """No relay, ten minutes, and the secret that only the embedded process may have."""
    settings = load(TurnSettings)
    assert (settings.urls, settings.turn_credential_ttl) == ([], 600)
    assert settings.ring().ring().secrets == (DEV_SECRET,)


def test_urls_are_given_one_by_one(environment):
    """Several URLs are separated by commas and given to clients as they are."""
    environment.setenv("TURN_SERVER_URLS", URLS)
    assert load(TurnSettings).urls == [it.strip() for it in URLS.split(",")]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TURN_SERVER_URLS", "turn.example.org"),
        ("TURN_SERVER_URLS", "turn:turn.example.org,stun:stun.example.org"),
        ("TURN_SERVER_URLS", "turn:turn.example.org?transport=sctp"),
        ("TURN_SERVER_URLS", "https://turn.example.org"),
        ("TURN_CREDENTIAL_TTL", "59"),
        ("TURN_CREDENTIAL_TTL", "forever"),
        ("TURN_SHARED_SECRET", "s3cret with spaces"),
        ("TURN_SHARED_SECRET", ""),
    ],
)
def test_wrong_settings_are_told_by_name(environment, name, value):
    """A setting that cannot be used stops the start and is named; a secret is not repeated."""
    environment.setenv(name, value)
    with pytest.raises(ConfigurationError, match=name) as error:
        load(TurnSettings)
    assert "s3cret" not in str(error.value)


def test_the_secret_of_the_laptop_is_refused_elsewhere(environment, tmp_path):
    """Without a secret, and with the well-known one, nothing but the embedded process starts; a ring is enough."""
    for given in (None, DEV_SECRET):
        if given:
            environment.setenv("TURN_SHARED_SECRET", given)
        with pytest.raises(ConfigurationError, match="TURN_SHARED_SECRET"):
            refuse_dev_secret()
    ring = tmp_path / "ring.json"
    ring.write_text(json.dumps({"keys": [{"secret": "north", "state": "current"}]}))
    environment.setenv("TURN_SECRET_RING_FILE", str(ring))
    refuse_dev_secret()
    assert load(TurnSettings).ring().ring().secrets == ("north",)
    environment.delenv("TURN_SECRET_RING_FILE")
    environment.setenv("TURN_SHARED_SECRET", "another")
    refuse_dev_secret()


def test_the_secret_may_come_as_a_file(environment, tmp_path):
    """A file wins over the variable and leaves its last line end out."""
    (tmp_path / "secret").write_text("from-a-file\n")
    environment.setenv("TURN_SHARED_SECRET_FILE", str(tmp_path / "secret"))
    settings = load(TurnSettings)
    assert settings.ring().ring().secrets == ("from-a-file",)
    assert "from-a-file" not in repr(settings)
