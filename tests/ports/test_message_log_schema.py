"""The keyspace of the message log: who makes it when ten start at once, and what is told when it cannot be used."""

import asyncio
import os
import sys

import pytest
from support.cassandra import PASSWORD, empty_keyspace, execute, migrated, url
from support.message_logs import draft

from parley.configuration import ConfigurationError
from parley.identity.model import new_id
from parley.messages.cassandra import open_cassandra_log
from parley.messages.cassandra_schema import STEPS, migrate_cassandra
from parley.messages.model import Cursor
from parley.messages.port import LogUnavailable

pytestmark = pytest.mark.engine


@pytest.fixture
async def keyspace():
    async with empty_keyspace() as name:
        yield name


async def on(keyspace, *statements):
    """The rows of each statement, in which KS is the keyspace."""
    return await execute(*(statement.replace("KS", keyspace) for statement in statements))


async def state(keyspace):
    """The one row that says how far the schema is and who is changing it."""
    ((row,),) = await on(keyspace, "SELECT version, holder FROM KS.schema_state")
    return row["version"], row["holder"]


async def tables(keyspace):
    (rows,) = await on(keyspace, "SELECT table_name FROM system_schema.tables WHERE keyspace_name = 'KS'")
    return {row["table_name"] for row in rows}


async def refusal_of(wrong):
    """What the check of a log says that will never work."""
    async with open_cassandra_log(wrong) as log:
        sentence = await refused(log)
        assert await refused(log) == sentence
        with pytest.raises(LogUnavailable):
            await log.append(draft(new_id()), Cursor(1, 0))
    return sentence


async def refused(log):
    """The sentence of the first check that does not ask for patience."""
    while True:
        try:
            await log.check()
        except LogUnavailable:
            await asyncio.sleep(0.05)
        except ConfigurationError as error:
            (sentence,) = error.sentences
            assert sentence.startswith("MESSAGE_LOG_URL: ")
            return sentence
        else:
            raise AssertionError("this log works")


async def works(log):
    """Wait until a log that is being opened answers."""
    while True:
        try:
            return await log.check()
        except LogUnavailable:
            await asyncio.sleep(0.05)


async def migrating(keyspace, database):
    """The command as a process, with a database of its own, so that only the keyspace is shared."""
    urls = {"DATABASE_URL": f"sqlite+aiosqlite:///{database}", "MESSAGE_LOG_URL": url(keyspace)}
    environment = {**os.environ, **urls, "PYTHONPATH": os.pathsep.join(sys.path)}
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "parley", "migrate", env=environment)


async def test_ten_processes_migrate_at_once(keyspace, tmp_path):
    """Ten processes that migrate at once, the keyspace not there yet, all succeed and leave nobody's turn behind."""
    starts = (migrating(keyspace, tmp_path / f"parley{number}.db") for number in range(10))
    assert [await it.wait() for it in await asyncio.gather(*starts)] == [0] * 10
    assert await state(keyspace) == (len(STEPS), None)
    assert await tables(keyspace) == {"log", "heads", "marks", "schema_state"}
    async with open_cassandra_log(url(keyspace)) as log:
        await works(log)


async def test_a_turn_that_is_taken_is_waited_for(keyspace):
    """While somebody else has the turn nothing is changed, and what they have not done is done afterwards."""
    await migrate_cassandra(url(keyspace))
    await on(
        keyspace,
        "DROP TABLE KS.log",
        "UPDATE KS.schema_state SET version = 0, holder = 'somebody' WHERE name = 'messages' IF holder = null",
    )
    with pytest.raises(LogUnavailable):
        await migrate_cassandra(url(keyspace), wait_s=1)
    assert "log" not in await tables(keyspace)
    await on(keyspace, "DELETE holder FROM KS.schema_state WHERE name = 'messages' IF holder = 'somebody'")
    await migrate_cassandra(url(keyspace))
    assert "log" in await tables(keyspace)


async def test_a_holder_that_was_ended_is_not_waited_for_long(keyspace):
    """The turn of a process that was ended passes by itself, and its unfinished step is taken again."""
    await migrate_cassandra(url(keyspace))
    await on(
        keyspace,
        "DROP TABLE KS.marks",
        "UPDATE KS.schema_state USING TTL 3 SET version = 0, holder = 'dead' WHERE name = 'messages' IF holder = null",
    )
    await migrate_cassandra(url(keyspace))
    assert await state(keyspace) == (len(STEPS), None)
    assert "marks" in await tables(keyspace)


async def test_a_newer_schema_is_refused(keyspace):
    """A schema of a newer Parley is neither used nor changed."""
    await migrate_cassandra(url(keyspace))
    await on(keyspace, "UPDATE KS.schema_state SET version = 999 WHERE name = 'messages' IF EXISTS")
    assert "newer" in await refusal_of(url(keyspace))
    with pytest.raises(ConfigurationError, match="newer"):
        await migrate_cassandra(url(keyspace))
    assert await state(keyspace) == (999, None)


async def test_a_schema_that_is_behind_is_refused(keyspace):
    """A keyspace that is missing, has no tables or lacks a step is told with the command that helps."""
    assert "python -m parley migrate" in await refusal_of(url(keyspace))
    await on(keyspace, "CREATE KEYSPACE KS WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}")
    assert "python -m parley migrate" in await refusal_of(url(keyspace))
    await migrate_cassandra(url(keyspace))
    await on(keyspace, "UPDATE KS.schema_state SET version = 0 WHERE name = 'messages' IF EXISTS")
    assert "python -m parley migrate" in await refusal_of(url(keyspace))


async def test_a_log_whose_tables_go_is_told(keyspace):
    """A keyspace that is dropped under a running log is a matter of configuration, not of waiting."""
    await migrate_cassandra(url(keyspace))
    async with open_cassandra_log(url(keyspace)) as log:
        await works(log)
        await on(keyspace, "DROP KEYSPACE KS")
        assert "missing" in await refused(log)


async def test_a_wrong_password_is_final():
    """A password that the cluster does not take is told, and not repeated."""
    await asyncio.to_thread(migrated)
    for wrong in (url(password="hunter2"), url().replace(f"cassandra:{PASSWORD}@", "")):
        sentence = await refusal_of(wrong)
        assert "does not accept this user and password" in sentence
        assert "hunter2" not in sentence
        with pytest.raises(ConfigurationError, match="password"):
            await migrate_cassandra(wrong)


async def test_a_wrong_data_centre_is_final(keyspace):
    """A data centre that the cluster does not have is told with those it has."""
    assert "only datacenter1" in await refusal_of(url() + "?dc=nowhere")
    async with open_cassandra_log(await asyncio.to_thread(migrated) + "?dc=datacenter1") as log:
        await works(log)


async def test_replication_as_declared(keyspace):
    """A new keyspace is replicated in the data centre that is named, and an existing one is left as it is."""
    await migrate_cassandra(url(keyspace) + "?dc=datacenter1&replication=1")
    await migrate_cassandra(url(keyspace))
    ((row,),) = await on(keyspace, "SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = 'KS'")
    assert row["replication"] == {"class": "org.apache.cassandra.locator.NetworkTopologyStrategy", "datacenter1": "1"}
