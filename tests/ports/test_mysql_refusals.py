"""A MySQL server that will not have us, or does not answer: what the check says, and what a request is told."""

import asyncio

import pytest
from sqlalchemy.exc import ProgrammingError
from support.mysql import empty_database, mysql, opened, paused, scalar, server, write
from support.people import sign_up

from parley.configuration import ConfigurationError
from parley.sql.errors import DatabaseUnavailable
from parley.sql.migrate import migrate
from parley.sql.mysql import TRANSACTION_S

pytestmark = pytest.mark.engine


@pytest.fixture
async def database(tmp_path, clock):
    async with mysql(tmp_path, clock) as fresh:
        yield fresh


@pytest.fixture
async def empty():
    """The URL of a database without tables."""
    async with empty_database() as url:
        yield url


async def test_an_absent_server_is_unavailable():
    """Where nobody listens it is unavailable, as it may be there later."""
    async with opened(server().url().replace(server().address, "127.0.0.1:1")) as database:
        with pytest.raises(DatabaseUnavailable):
            await database.check()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda url: url.replace("a-test", "hunter2"), "refuses the user or the password"),
        (lambda url: f"{url}_missing", "may not use it"),
        (lambda url: url.replace("parley:a-test", "root:a-test") + "_missing", "has no such database"),
        (lambda url: url.replace("parley:a-test", "root:a-test").replace("/parley", "/mysql"), "parley migrate"),
    ],
    ids=["password", "grant", "database", "tables"],
)
async def test_what_time_does_not_mend_is_refused(change, sentence):
    """A wrong password, a missing grant, database or table is told by the check, and is unavailable to a request."""
    async with opened(change(server().url())) as database:
        with pytest.raises(ConfigurationError) as refused:
            await database.check()
        with pytest.raises(DatabaseUnavailable):
            await scalar(database, "SELECT COUNT(*) FROM accounts")
    assert len(refused.value.sentences) == 1
    assert refused.value.sentences[0].startswith("DATABASE_URL: ")
    assert sentence in refused.value.sentences[0]
    assert "hunter2" not in refused.value.sentences[0]


async def test_a_schema_that_is_behind_is_refused(empty):
    """A database that was migrated by an older Parley is told to be migrated, and one by a newer is taken."""
    async with opened(empty) as database:
        await migrate(database)
        await database.check()
        await write(database, "UPDATE alembic_version SET version_num = '0001'")
        with pytest.raises(ConfigurationError, match="parley migrate"):
            await database.check()
        await write(database, "UPDATE alembic_version SET version_num = '9999'")
        await database.check()


async def test_a_mistake_of_ours_is_no_outage(database):
    """A statement that the server cannot read is not told as an absent database."""
    with pytest.raises(ProgrammingError):
        await write(database, "SELEC 1")


async def test_a_stalled_server_is_told_within_the_limit_of_a_request(database):
    """With the limit that every transaction has, a stalled server is told at the third second, not the tenth."""
    assert TRANSACTION_S <= 3
    database.limit_s = TRANSACTION_S
    async with paused(), asyncio.timeout(2 * TRANSACTION_S):
        with pytest.raises(DatabaseUnavailable):
            await sign_up(database, "ann")


async def test_tls_by_url(tmp_path):
    """With the server's authority named in the URL the connection is encrypted; without any, it is not trusted."""
    authority = tmp_path / "ca.pem"
    authority.write_bytes(server().file("/var/lib/mysql/ca.pem"))
    ciphers = []
    for query in ("", f"?ssl_ca={authority}&ssl_check_hostname=false"):
        async with opened(server().url(query=query)) as database, database.read() as connection:
            ciphers.append((await connection.exec_driver_sql("SHOW STATUS LIKE 'Ssl_cipher'")).one()[1])
    assert ciphers[0] == ""
    assert ciphers[1].startswith("TLS_")
    for query in ("?ssl=true", f"?ssl_ca={authority}"):
        async with opened(server().url(query=query)) as database:
            with pytest.raises(ConfigurationError, match="certificate"):
                await database.check()
