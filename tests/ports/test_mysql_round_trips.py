"""What is not asked of MySQL, because each question costs a millisecond, and what must hold all the same."""

import asyncio
from contextlib import suppress

import pytest
from support.mysql import mysql, opened, scalar, server
from support.signing_in import UNLIMITED, SignInSteps, event_of, new_request

from parley.onetimecodes.sql_rows import take_turn_and_request, take_turn_of_address
from parley.sql.errors import DatabaseUnavailable
from parley.sql.tables import TURNS
from parley.sql.turns import slot

pytestmark = pytest.mark.engine
INSERT = "INSERT INTO accounts VALUES ('a', 'ann@example.org', 'ann', 1, NULL)"
IS_ALIVE = "SHOW SESSION STATUS LIKE 'Com_admin_commands'"
"""How often a connection has been asked only whether it is alive."""


@pytest.fixture
async def database(tmp_path, clock):
    async with mysql(tmp_path, clock) as fresh:
        yield fresh


@pytest.fixture
async def timely(database):
    """The same database on its own clock, so that nothing but the product says anything to it."""
    async with opened(server().url()) as other:
        yield other


async def row(database, query):
    async with database.read() as connection:
        return (await connection.exec_driver_sql(query)).one()


class Count:
    """How many statements and pings the server is sent."""

    def __init__(self):
        self._root = opened(server().url("mysql", "root"))

    async def __aenter__(self):
        self._observer = await self._root.__aenter__()
        self._before = await self._all()
        return self

    async def __aexit__(self, *error):
        # The second look counts itself.
        self.trips = await self._all() - self._before - 1
        await self._root.__aexit__(*error)

    async def _all(self):
        query = (
            "SELECT SUM(VARIABLE_VALUE) FROM performance_schema.global_status"
            " WHERE VARIABLE_NAME IN ('Questions', 'Com_admin_commands')"
        )
        return int(await scalar(self._observer, query))


async def test_a_sign_in_takes_few_round_trips(timely):
    """Asking for a code takes five round trips and mailing it eight, however they are spread over connections."""
    steps = SignInSteps.on(timely)
    await steps.code("first@example.org")
    await steps.codes.wait_ms(new_request().asker, UNLIMITED)
    request = new_request()
    async with Count() as asking:
        await steps.codes.request(request, event_of(request), UNLIMITED)
        await steps.codes.wait_ms(request.asker, UNLIMITED)
    async with Count() as mailing:
        await steps.deliver(request.id)
    assert (asking.trips, mailing.trips) == (5, 8)


async def test_a_connection_is_asked_only_after_a_while(timely, monkeypatch):
    """Whether a connection is alive is asked of one that nobody has used for a while, and of no other."""
    asked = [(await row(timely, IS_ALIVE))[1] for _ in range(3)]
    monkeypatch.setattr("parley.sql.mysql._FRESH_S", 0)
    asked += [(await row(timely, IS_ALIVE))[1] for _ in range(2)]
    assert asked == ["0", "0", "0", "1", "2"]


async def test_an_end_that_nobody_heard_of_is_noticed_by_asking(timely, monkeypatch):
    """A connection whose end has not been heard of is found dead when it is asked, and replaced."""
    monkeypatch.setattr(asyncio.StreamReader, "at_eof", lambda _: False)
    monkeypatch.setattr("parley.sql.mysql._FRESH_S", 0)
    number = await scalar(timely, "SELECT CONNECTION_ID()")
    await server().as_root(f"KILL {number}")
    assert await scalar(timely, "SELECT CONNECTION_ID()") != number


async def raising(database):
    with suppress(ZeroDivisionError):
        async with database.write() as connection:
            await connection.exec_driver_sql(INSERT)
            raise ZeroDivisionError


async def refused(database):
    with suppress(DatabaseUnavailable):
        async with database.write() as connection:
            await connection.exec_driver_sql(INSERT)
            await connection.exec_driver_sql("SELECT /*+ MAX_EXECUTION_TIME(50) */ SLEEP(1) FROM no_table")


async def cut_off(database):
    database.limit_s = 0.5
    with suppress(DatabaseUnavailable):
        async with database.write() as connection:
            await connection.exec_driver_sql(INSERT)
            await connection.exec_driver_sql("DO SLEEP(60)")
    database.limit_s = 60


async def cut_off_between(database):
    database.limit_s = 0.5
    with suppress(DatabaseUnavailable):
        async with database.write() as connection:
            await connection.exec_driver_sql(INSERT)
            await asyncio.sleep(60)
    database.limit_s = 60


async def finished(database):
    async with database.write() as connection:
        await connection.exec_driver_sql("UPDATE accounts SET name = 'x'")
    async with database.read() as connection:
        await connection.exec_driver_sql("SELECT * FROM accounts")
    async with database.each() as connection:
        await connection.exec_driver_sql("DELETE FROM accounts")


@pytest.mark.parametrize("block", [raising, refused, cut_off, cut_off_between, finished])
async def test_nothing_stays_open(timely, block):
    """However a block ends, no transaction stays open, and what did not commit is not there."""
    await block(timely)
    # Those of this test alone: what other tests have left behind may sleep for a minute.
    place = "information_schema.innodb_trx JOIN performance_schema.processlist ON id = trx_mysql_thread_id"
    open_here = f"SELECT COUNT(*) FROM {place} WHERE db = '{timely.engine.url.database}'"  # noqa: S608 -- names of ours
    async with opened(server().url("mysql", "root")) as root, asyncio.timeout(30):
        while await scalar(root, open_here):
            await asyncio.sleep(0.05)
    assert await scalar(timely, "SELECT COUNT(*) FROM accounts") == 0


async def test_what_needs_no_transaction_is_kept_at_once(timely):
    """Of statements that need no transaction the first is kept, whatever becomes of the next."""

    async def insert_and_fail():
        async with timely.each() as connection:
            await connection.exec_driver_sql(INSERT)
            await connection.exec_driver_sql("SELECT * FROM no_table")

    with pytest.raises(DatabaseUnavailable):
        await insert_and_fail()
    assert await scalar(timely, "SELECT COUNT(*) FROM accounts") == 1


@pytest.mark.parametrize(
    ("take", "requests"), [(take_turn_of_address, 0), (take_turn_and_request, 1)], ids=["turn", "turn and request"]
)
async def test_a_turn_is_one_row(database, take, requests):
    """The turn of an address locks its row of `turns` and no other, and the request's own only if that is wanted."""
    request_id = await SignInSteps.on(database).ask("ann@example.org", limit_key="änn@example.org")
    locked = (
        "SELECT OBJECT_NAME, LOCK_DATA FROM performance_schema.data_locks"
        " WHERE LOCK_TYPE = 'RECORD' AND LOCK_STATUS = 'GRANTED'"
    )
    async with database.write() as connection:
        await take(connection, request_id)
        async with opened(server().url("mysql", "root")) as root, root.read() as observer:
            found = [tuple(it) for it in (await observer.exec_driver_sql(locked)).all()]
    assert [data for name, data in found if name == "turns"] == [str(slot("änn@example.org"))]
    assert [data for name, data in found if name == "otp_requests"] == [f"'{request_id}'"] * requests
    assert 0 <= slot("änn@example.org") < TURNS
