"""What only MySQL can do to Parley: a server far away that hangs, ends connections, and has many writers at once."""

import asyncio
import os
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import select, text
from support.mysql import empty_database, mysql, opened, paused, scalar, server, write
from support.people import sign_up
from support.signing_in import UNLIMITED, SignInSteps, event_of, mac_of, new_request

from parley.conversations.model import MembershipChange
from parley.conversations.sql import SqlConversations
from parley.identity.model import new_id
from parley.identity.sql import SqlAccounts, find_or_create
from parley.onetimecodes.model import ATTEMPTS
from parley.sql.errors import DatabaseUnavailable
from parley.sql.migrate import migrate
from parley.sql.tables import TURNS, members, metadata

pytestmark = pytest.mark.engine
INSERT = "INSERT INTO accounts VALUES ('a', 'ann@example.org', 'ann', 1, NULL)"


@pytest.fixture
async def database(tmp_path, clock):
    async with mysql(tmp_path, clock) as fresh:
        yield fresh


@pytest.fixture
async def empty():
    """The URL of a database without tables."""
    async with empty_database() as url:
        yield url


def differences(connection):
    return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)


async def kill(connection_id):
    """End a connection as the server's operator would, and return when it is gone."""
    await server().as_root(f"KILL {connection_id}")
    query = "SELECT COUNT(*) FROM performance_schema.processlist WHERE id = :id"
    async with opened(server().url("mysql", "root")) as root:
        while await scalar(root, query, id=connection_id):
            pass


async def test_ten_processes_migrate_at_once(empty):
    """Ten processes that migrate an empty database together all succeed, and the schema is that of the tables."""
    environment = {**os.environ, "DATABASE_URL": empty, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = (sys.executable, "-m", "parley", "migrate")
    starts = (asyncio.create_subprocess_exec(*command, env=environment) for _ in range(10))
    assert [await it.wait() for it in await asyncio.gather(*starts)] == [0] * 10
    async with opened(empty) as database:
        assert await scalar(database, "SELECT COUNT(*) FROM alembic_version") == 1
        assert await scalar(database, "SELECT COUNT(*) FROM turns") == TURNS
        async with database.read() as connection:
            assert await connection.run_sync(differences) == []


async def test_a_migration_that_was_cut_off_begins_again(empty):
    """Tables, indexes and rows that an unfinished migration has left are completed by the next one."""
    async with opened(empty) as database:
        await migrate(database)
        await write(database, "DROP TABLE members", "DROP INDEX otp_requests_by_time ON otp_requests")
        await write(database, "DELETE FROM alembic_version", "DELETE FROM turns WHERE slot > 9")
        await migrate(database)
        assert await scalar(database, "SELECT COUNT(*) FROM turns") == TURNS
        async with database.read() as connection:
            assert await connection.run_sync(differences) == []


async def test_a_silent_server_is_unavailable(database):
    """While the server does not answer, reads and writes end in time as unavailable, and work again once it does."""
    await database.check()
    database.limit_s = 0.5
    async with paused():
        for _ in range(3):
            with pytest.raises(DatabaseUnavailable):
                await database.check()
        with pytest.raises(DatabaseUnavailable):
            await sign_up(database, "ann")
    database.limit_s = 10
    await sign_up(database, "ann")


async def test_a_server_that_falls_silent_in_a_transaction_is_unavailable(database):
    """A transaction that has begun ends as unavailable, keeps nothing, and its connection is not used again."""
    database.limit_s = 2
    with pytest.raises(DatabaseUnavailable):
        async with database.write() as connection, paused():
            await connection.exec_driver_sql(INSERT)
    database.limit_s = 10
    assert await scalar(database, "SELECT COUNT(*) FROM accounts") == 0


async def test_a_killed_connection_is_replaced(database):
    """A connection that the server has ended while nobody used it is noticed before it is used."""
    await kill(await scalar(database, "SELECT CONNECTION_ID()"))
    for _ in range(database.engine.pool.size()):
        await database.check()


async def test_a_connection_killed_in_a_transaction_keeps_nothing(database):
    """When its connection is ended, a transaction is unavailable and leaves nothing."""

    async def insert_and_lose_the_connection():
        async with database.write() as connection:
            await connection.exec_driver_sql(INSERT)
            await kill((await connection.exec_driver_sql("SELECT CONNECTION_ID()")).scalar_one())
            await connection.exec_driver_sql("SELECT 1")

    with pytest.raises(DatabaseUnavailable):
        await insert_and_lose_the_connection()
    assert await scalar(database, "SELECT COUNT(*) FROM accounts") == 0


async def test_a_long_statement_is_ended_by_the_server(database):
    """A query over its time limit is ended by the server and told as unavailable."""
    long = "SELECT SUM(a.slot + b.slot + c.slot + d.slot + e.slot) FROM turns a, turns b, turns c, turns d, turns e"
    with pytest.raises(DatabaseUnavailable):
        await write(database, "SET max_execution_time = 50", long)
    await database.check()


async def test_a_long_wait_for_a_row_is_ended_by_the_server(database):
    """Who waits too long for a row that another transaction has changed is told unavailable; the other commits."""
    await sign_up(database, "ann")
    change = "UPDATE accounts SET name = 'x'"
    async with database.write() as first:
        await first.exec_driver_sql(change)
        with pytest.raises(DatabaseUnavailable):
            await write(database, "SET innodb_lock_wait_timeout = 1", change)
    assert await scalar(database, "SELECT name FROM accounts") == "x"


async def test_a_deadlocks_victim_is_unavailable(database):
    """Of two transactions that wait for each other one commits and the other is told unavailable."""
    people = [it.id for it in (await sign_up(database, "ann", "bob")).values()]
    both_have_one = asyncio.Barrier(2)

    async def rename(ids):
        async with database.write() as connection:
            for it in ids:
                await connection.execute(text("UPDATE accounts SET name = 'x' WHERE id = :id"), {"id": it})
                if it == ids[0]:
                    await both_have_one.wait()

    outcomes = await asyncio.gather(rename(people), rename(people[::-1]), return_exceptions=True)
    assert sorted(map(type, outcomes), key=str) == [type(None), DatabaseUnavailable]


async def test_text_is_equal_only_to_itself(database):
    """Case, accents, width and spaces at the end tell addresses apart."""
    emails = ["ann@x.org", "Ann@x.org", "ánn@x.org", "ann@x.org ", "ａnn@x.org", "ann@x.org\u0301"]
    async with database.write() as connection:
        assert [(await find_or_create(connection, email))[1] for email in emails] == [True] * len(emails)
    for email in emails:
        assert [it.email for it in await SqlAccounts(database).lookup([email])] == [email]


async def test_any_letter_is_kept(database):
    """Letters beyond the basic plane come back as they were."""
    account = (await sign_up(database, "ann"))["ann"]
    assert (await SqlAccounts(database).rename(account.id, "𝔄nn 👩‍👩‍👧 \\ ' \" %")).name == "𝔄nn 👩‍👩‍👧 \\ ' \" %"


async def test_parallel_joinings_come_one_after_the_other(database):
    """Members whose joinings are settled at the same time still have places of their own."""
    people = [it.id for it in (await sign_up(database, *(f"p{number}" for number in range(9)))).values()]
    conversations = SqlConversations(database, lobby=False)
    conv = (await conversations.create_group(new_id(), people[0], [], None)).id
    shape = {"conv": conv, "by": people[0], "change": "joined", "after_epoch": 1, "after_seq": 0}
    changes = [MembershipChange(id=new_id(), account=it, **shape) for it in people[1:]]
    await asyncio.gather(*map(conversations.claim, changes))
    await asyncio.gather(*(conversations.settle(it, 1) for it in changes))
    async with database.read() as connection:
        positions = (await connection.scalars(select(members.c.position))).all()
    assert sorted(positions) == list(range(9))


async def test_a_code_that_arrives_amid_guesses_shares_their_budget(database):
    """While a browser guesses at its first code a second arrives: no more than five guesses reach either."""
    steps = SignInSteps.on(database)
    for number in range(10):
        email = f"ann{number}@example.org"
        first, second = await steps.code(email), await steps.ask(email)
        outcomes = await asyncio.gather(*(steps.guess(first) for _ in range(4)), steps.deliver(second))
        assert None not in outcomes[:-1]
        guessed = [await steps.guess(second) for _ in range(ATTEMPTS)]
        assert any(guessed)
        seen = [code.request_id for attempt in (*outcomes[:-1], *guessed) if attempt for code in attempt.codes]
        assert max(seen.count(first), seen.count(second)) == ATTEMPTS


async def test_a_repeated_store_at_once_is_one(database):
    """Of the same code stored many times at once the first counts and all succeed."""
    steps = SignInSteps.on(database)
    request_id = await steps.ask()
    await steps.deliveries.lease(request_id, "one", 60_000)
    stores = (steps.deliveries.store_code(request_id, "one", 1, mac_of(f"{number}")) for number in range(16))
    assert await asyncio.gather(*stores) == [True] * 16


async def test_nothing_deadlocks_in_normal_use(database):
    """Asking, publishing, delivering, guessing and sweeping at the same time end without an error."""
    steps = SignInSteps.on(database)
    codes = steps.codes

    async def person(number):
        request = new_request(f"ann{number % 8}@example.org", browser=f"browser-{number}")
        event = event_of(request)
        await codes.request(request, event, UNLIMITED)
        await asyncio.gather(steps.deliver(request.id), codes.mark_published([event.event_id]), codes.sweep())
        await asyncio.gather(*(steps.guess(request.id, request.browser) for _ in range(3)), codes.sweep())

    await asyncio.gather(*(person(number) for number in range(16)))
    assert await codes.pending_events(100) == []
