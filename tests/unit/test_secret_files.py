"""Secrets from files: a whole value, or the password of a URL that is otherwise no secret. None is ever repeated."""

import pytest

from parley.bus.settings import BusSettings
from parley.configuration import ConfigurationError, DatabaseSettings, FanoutSettings, MessageLogSettings, load
from parley.email_worker.settings import MailSettings
from parley.sql.command import MigrationSettings

PASSWORD = "p@ss:w/rd?#%"
ENCODED = "p%40ss%3Aw%2Frd%3F%23%25"

URLS = [
    (DatabaseSettings, "DATABASE_URL", "mysql+aiomysql://app@db/parley?ssl=true"),
    (FanoutSettings, "REDIS_URL", "redis://app@cache:6379/0"),
    (FanoutSettings, "REDIS_URL", "redis+sentinel://app@a:26379,b/main/0?x=@"),
    (MessageLogSettings, "MESSAGE_LOG_URL", "cassandra://app@a,b:9043/parley?dc=dc1"),
    (MigrationSettings, "MESSAGE_LOG_URL", "cassandra://app@a,b:9043/parley?dc=dc1"),
    (BusSettings, "BUS_URL", "kafkas://app@a:9092,b"),
    (MailSettings, "MAIL_URL", "smtp://app@mail:587"),
]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "password"
    path.write_text(f"{PASSWORD}\n")
    return path


@pytest.fixture(autouse=True)
def mail_sender(monkeypatch):
    monkeypatch.setenv("MAIL_FROM", "parley@example.org")


@pytest.mark.parametrize(("kind", "variable", "url"), URLS)
def test_a_password_gets_behind_the_user(monkeypatch, file, kind, variable, url):
    """The password is encoded for a URL, and nothing else of the URL changes."""
    monkeypatch.setenv(variable, url)
    monkeypatch.setenv(f"{variable}_PASSWORD_FILE", str(file))
    assert getattr(load(kind), variable.lower()) == url.replace("app@", f"app:{ENCODED}@")


def test_a_url_may_name_no_user(monkeypatch, file):
    """Redis and Valkey know passwords without a name."""
    monkeypatch.setenv("REDIS_URL", "redis://cache/0")
    monkeypatch.setenv("REDIS_URL_PASSWORD_FILE", str(file))
    assert load(FanoutSettings).redis_url == f"redis://:{ENCODED}@cache/0"


@pytest.mark.parametrize(("kind", "variable", "url"), URLS)
def test_a_whole_url_comes_from_a_file(monkeypatch, tmp_path, kind, variable, url):
    """A file that is named wins over the variable."""
    whole, url = tmp_path / "url", url.replace("app@", f"app:{ENCODED}@")
    whole.write_text(f"{url}\n")
    monkeypatch.setenv(variable, "nothing://")
    monkeypatch.setenv(f"{variable}_FILE", str(whole))
    assert getattr(load(kind), variable.lower()) == url


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("redis://app:hunter2@cache/0", "REDIS_URL has a password already, beside REDIS_URL_PASSWORD_FILE"),
        ("inprocess:", "REDIS_URL names no host that REDIS_URL_PASSWORD_FILE could be for"),
        ("redis:///0", "REDIS_URL names no host that REDIS_URL_PASSWORD_FILE could be for"),
    ],
)
def test_a_password_without_its_place_is_refused(monkeypatch, file, url, sentence):
    """Two passwords, or one for nobody, are a mistake, which is told without either."""
    monkeypatch.setenv("REDIS_URL", url)
    monkeypatch.setenv("REDIS_URL_PASSWORD_FILE", str(file))
    assert refusal(FanoutSettings) == f"settings: {sentence}."


def test_a_file_that_is_not_there_is_told(monkeypatch, tmp_path):
    """The variable that names the file is told, not the file's own name."""
    monkeypatch.setenv("REDIS_URL", "redis://cache/0")
    monkeypatch.setenv("REDIS_URL_PASSWORD_FILE", str(tmp_path / "absent"))
    assert refusal(FanoutSettings) == "settings: REDIS_URL_PASSWORD_FILE cannot be read."


@pytest.mark.parametrize(("kind", "variable", "url"), URLS)
def test_settings_do_not_show_their_urls(monkeypatch, file, kind, variable, url):
    """What a traceback or a log line may print of settings has no password in it."""
    monkeypatch.setenv(variable, url)
    monkeypatch.setenv(f"{variable}_PASSWORD_FILE", str(file))
    assert ENCODED not in repr(load(kind))


def refusal(kind) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(kind)
    (sentence,) = caught.value.sentences
    return sentence
