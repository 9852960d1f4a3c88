"""Which engines answer: what `/readyz` says of them, when the log speaks, and what ends the process."""

import asyncio
import logging

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.component import Component, Engine
from parley.configuration import ConfigurationError
from parley.contracts.problems import ProblemError
from parley.readiness import Readiness, Watch, engines_of, pause_s
from parley.rest.application import build_application
from parley.telemetry.nothing import NoMeters


class Store:
    """An engine that a test takes away: `trouble` is what its check raises, if anything."""

    def __init__(self, trouble=None):
        self.trouble = trouble

    async def check(self):
        if self.trouble:
            raise self.trouble

    def engine(self, *, is_needed=True):
        return Engine(check=self.check, url="mysql+aiomysql://user:hunter2@host/db", is_needed=is_needed)


def watch(store):
    return Watch("database", store.engine(), NoMeters())


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr("parley.readiness.pause_s", lambda failures, chance: 0)


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0)


@pytest.fixture
async def run():
    """Runs a Readiness in the background until the end of the test."""
    tasks = []

    def start(readiness):
        tasks.append(asyncio.create_task(readiness.run()))
        return tasks[-1]

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_ready_follows_the_needed_engines(run):
    """A process is ready while each engine that it needs answers, and whatever the others do."""
    store, extra = Store(ConnectionError()), Store(ConnectionError())
    readiness = Readiness({"a": store.engine(), "b": extra.engine(is_needed=False)}, asyncio.Event())
    assert readiness.document() == {"ready": False, "checks": {"a": "unknown"}, "optional": {"b": "unknown"}}
    run(readiness)
    await until(lambda: readiness.document()["checks"] == {"a": "away"})
    assert not readiness.is_ready
    store.trouble = None
    await until(lambda: readiness.is_ready)
    assert readiness.document() == {"ready": True, "checks": {"a": "ok"}, "optional": {"b": "away"}}
    store.trouble = ConnectionError()
    await until(lambda: not readiness.is_ready)


async def test_complete_once_all_needed_have_answered(run):
    """Whoever waits for the engines goes on when the last needed one answers."""
    store = Store(ConnectionError())
    readiness = Readiness({"a": store.engine(), "b": Store().engine()}, asyncio.Event())
    run(readiness)
    await until(lambda: readiness.document()["checks"]["a"] == "away")
    waiting = asyncio.create_task(readiness.wait_complete())
    await asyncio.sleep(0)
    assert not waiting.done()
    store.trouble = None
    await asyncio.wait_for(waiting, 10)


async def test_a_stop_is_not_ready(run):
    """A process that has been asked to stop wants no traffic, though its engines answer."""
    stopping = asyncio.Event()
    readiness = Readiness({"a": Store().engine()}, stopping)
    run(readiness)
    await until(lambda: readiness.is_ready)
    stopping.set()
    assert not readiness.is_ready


async def test_probes_answer_from_memory():
    """`/readyz` answers 503 and then 200 as the watch found it, and `/healthz` 200 all the time, without a check."""
    readiness = Readiness({"a": Store().engine()}, asyncio.Event())
    app = build_application("x", [Component(name="x")], [], readiness)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test") as client:
        before = await client.get("/readyz")
        assert (before.status_code, before.json()["checks"]) == (503, {"a": "unknown"})
        assert (await client.get("/healthz")).json() == {"status": "ok"}
        await readiness._watches[0].look()
        after = await client.get("/readyz")
    assert (after.status_code, after.json()) == (200, {"ready": True, "checks": {"a": "ok"}, "optional": {}})


async def test_one_line_each_time_it_goes_and_returns(caplog):
    """However often it is looked at, one line tells the loss and one the return, and each names the engine."""
    store = Store()
    watched = watch(store)
    for trouble in (None, ConnectionError("gone"), ConnectionError("still"), ConnectionError("still"), None, None):
        store.trouble = trouble
        await watched.look()
    assert [record.getMessage() for record in caplog.records] == [
        "database (mysql) is away: gone",
        "database (mysql) answers again",
    ]
    assert {record.engine for record in caplog.records} == {"database"}


@pytest.mark.parametrize(
    ("trouble", "line"),
    [
        (ProblemError("unavailable"), "database (mysql) is away"),
        (TimeoutError(), "database (mysql) is away: it did not answer in time"),
        (KeyError(), "database (mysql) is away: KeyError"),
    ],
)
async def test_a_reason_says_something(caplog, trouble, line):
    """The line tells why where the reason says more than that the engine is away."""
    await watch(Store(trouble)).look()
    assert caplog.messages == [line]


async def test_a_stalled_engine_is_away(monkeypatch):
    """A check that does not return counts as a failed one."""
    monkeypatch.setattr("parley.readiness.CHECK_WITHIN_S", 0.01)
    watched = Watch("database", Engine(check=asyncio.Event().wait, url="mysql:"), NoMeters())
    await watched.look()
    assert watched.state == "away"


async def test_a_wrong_configuration_is_final_before_the_first_answer(run):
    """All engines that will never answer as configured are told together, and end the process."""
    wrong = [Store(ConfigurationError(f"{name}_URL: the password is wrong.")) for name in "AB"]
    readiness = Readiness({str(number): store.engine() for number, store in enumerate(wrong)}, asyncio.Event())
    with pytest.raises(ConfigurationError) as error:
        await readiness.run()
    assert error.value.sentences == ("A_URL: the password is wrong.", "B_URL: the password is wrong.")


async def test_it_is_final_too_when_the_engine_comes_late(run):
    """An engine that was away at first and then refuses us ends the process as well."""
    store = Store(ConnectionError())
    task = run(readiness := Readiness({"a": store.engine()}, asyncio.Event()))
    await until(lambda: readiness.document()["checks"] == {"a": "away"})
    store.trouble = ConfigurationError("A_URL: no.")
    with pytest.raises(BaseExceptionGroup) as group:
        await task
    assert group.value.subgroup(ConfigurationError) is not None


async def test_a_password_that_changes_later_ends_nothing(caplog):
    """After the first answer a wrong configuration is a state, told at the level of an error."""
    store = Store()
    watched = watch(store)
    await watched.look()
    store.trouble = ConfigurationError("DATABASE_URL: the password is wrong.")
    await watched.look()
    assert watched.state == "away"
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "the password is wrong" in caplog.messages[0]


@given(failures=st.integers(min_value=0, max_value=10_000), chance=st.floats(0, 1, exclude_max=True))
def test_pauses_grow_and_end(failures, chance):
    """A pause is half a second at least and 15 seconds at most, and never shorter for more failures."""
    assert 0.5 <= pause_s(failures, chance) <= 15
    if failures:
        assert pause_s(failures, chance) <= pause_s(failures + 1, chance)


def test_pauses_differ_between_processes():
    """Two processes that lost an engine at the same moment do not come back at the same moment."""
    assert pause_s(5, 0.1) != pause_s(5, 0.9)


def test_engines_of_one_process_are_watched_once():
    """An engine that several components have is one, and needed if one of them needs it."""
    optional, needed = Store().engine(is_needed=False), Store().engine()
    components = [Component(name=str(n), engines={"a": it}) for n, it in enumerate((optional, needed, optional))]
    assert engines_of(components) == {"a": needed}
