"""`python -m parley migrate`: which stores it brings up to date."""

import pytest

from parley.configuration import ConfigurationError
from parley.messages import cassandra_schema
from parley.sql import command
from parley.sql.database import open_database
from parley.sql.migrate import migrate

CLUSTER = "cassandra://one/parley"


@pytest.fixture
def database_url(tmp_path, monkeypatch):
    url = f"sqlite+aiosqlite:///{tmp_path / 'parley.db'}"
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.delenv("MESSAGE_LOG_URL", raising=False)
    return url


@pytest.fixture
def migrated(monkeypatch):
    """The clusters that were to be migrated."""
    urls = []

    async def note(url):
        urls.append(url)

    monkeypatch.setattr(cassandra_schema, "migrate_cassandra", note)
    return urls


async def version_of(url):
    database = open_database(url)
    try:
        async with database.read() as connection:
            return (await connection.exec_driver_sql("SELECT version_num FROM alembic_version")).scalar_one()
    finally:
        await database.close()


async def newest_version(tmp_path):
    url = f"sqlite+aiosqlite:///{tmp_path / 'other.db'}"
    database = open_database(url)
    await migrate(database)
    await database.close()
    return await version_of(url)


async def test_the_database_alone(database_url, migrated, tmp_path):
    """Without a message log only the database is brought up to date."""
    await command.run()
    assert await version_of(database_url) == await newest_version(tmp_path)
    assert migrated == []


async def test_a_log_in_a_file_needs_nothing(database_url, migrated, monkeypatch, tmp_path):
    """A SQLite log is made by whoever opens it, not here."""
    monkeypatch.setenv("MESSAGE_LOG_URL", f"sqlite:///{tmp_path / 'messages.db'}")
    await command.run()
    assert not (tmp_path / "messages.db").exists()
    assert migrated == []


async def test_a_cluster_is_migrated_too(database_url, migrated, monkeypatch, tmp_path):
    """With a log on Cassandra both are brought up to date."""
    monkeypatch.setenv("MESSAGE_LOG_URL", CLUSTER)
    await command.run()
    assert await version_of(database_url) == await newest_version(tmp_path)
    assert migrated == [CLUSTER]


async def test_all_mistakes_are_told_at_once(migrated, monkeypatch):
    """A wrong URL of either is told before anything is changed."""
    monkeypatch.setenv("DATABASE_URL", "gopher://one")
    monkeypatch.setenv("MESSAGE_LOG_URL", "gopher://two")
    with pytest.raises(ConfigurationError) as refused:
        await command.run()
    assert [sentence.partition(":")[0] for sentence in refused.value.sentences] == ["DATABASE_URL", "MESSAGE_LOG_URL"]
