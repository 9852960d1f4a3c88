"""The URL of a MySQL server: what is missing or unknown in it is told in one sentence, without the password."""

import pytest

from parley.configuration import ConfigurationError, DatabaseSettings, load
from parley.sql.database import open_database

SERVER = "mysql+aiomysql://ann:hidden@host"


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (SERVER, "name user, host and database"),
        ("mysql+aiomysql://host/parley", "name user, host and database"),
        ("mysql+aiomysql:///parley", "name user, host and database"),
        ("mysql+aiomysql:", "not a URL"),
        (f"{SERVER}:port/parley", "not a URL"),
        (f"{SERVER}/parley?sslmode=on", "'sslmode' is not known; use one of ssl, ssl_ca, ssl_check_hostname"),
        (f"{SERVER}/parley?ssl=yes", "'ssl' is true or false"),
        (f"{SERVER}/parley?ssl=true&ssl=false", "'ssl' is true or false"),
        (f"{SERVER}/parley?ssl_ca=/missing.pem", "ssl_ca names no file"),
    ],
)
def test_a_wrong_url_is_one_sentence(url, sentence):
    """Each mistake stops the start with what to do about it."""
    with pytest.raises(ConfigurationError, match=sentence) as error:
        open_database(url)
    (told,) = error.value.sentences
    assert told.startswith("DATABASE_URL: ")
    assert told.endswith(".")
    assert "hidden" not in told


@pytest.mark.parametrize("query", ["", "?ssl=true", "?ssl=false", "?ssl=true&ssl_check_hostname=false"])
async def test_a_right_url_is_opened_without_connecting(monkeypatch, query):
    """A complete URL is accepted by the settings and opened; nobody needs to listen yet."""
    monkeypatch.setenv("DATABASE_URL", f"{SERVER}/parley{query}")
    database = open_database(load(DatabaseSettings).database_url)
    assert "hidden" not in repr(database.engine)
    await database.close()
