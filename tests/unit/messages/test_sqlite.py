"""The SQLite file of the message log: its version, what it refuses, and what an engine error becomes."""

import asyncio
import sqlite3
from contextlib import closing

import pytest
from support.message_logs import draft

from parley.configuration import ConfigurationError
from parley.messages.model import Cursor, Head
from parley.messages.opening import open_log
from parley.messages.port import LogUnavailable
from parley.messages.sqlite import open_sqlite_log
from parley.messages.sqlite_schema import VERSION

START = Cursor(1, 0)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "messages.db"


@pytest.fixture
async def log(file):
    async with open_sqlite_log(f"sqlite:///{file}") as opened:
        yield opened


def execute(file, *statements):
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        return [connection.execute(statement).fetchall() for statement in statements]


async def refusal_of(url):
    with pytest.raises(ConfigurationError) as refused:
        async with open_log(url):
            pass
    (sentence,) = refused.value.sentences
    assert sentence.startswith("MESSAGE_LOG_URL: ")
    return sentence


async def test_the_file_knows_its_version(log, file):
    """A new file carries the schema version, and its journal is a write-ahead log."""
    assert execute(file, "PRAGMA user_version", "PRAGMA journal_mode") == [[(VERSION,)], [("wal",)]]


async def test_a_newer_file_is_refused(file):
    """A file of a higher version is refused in one sentence and left as it is."""
    async with open_sqlite_log(f"sqlite:///{file}"):
        pass
    execute(file, "PRAGMA user_version = 999")
    assert "newer" in await refusal_of(f"sqlite:///{file}")
    assert execute(file, "PRAGMA user_version") == [[(999,)]]


async def test_a_file_that_cannot_be_used_is_refused(tmp_path):
    """A folder that is not there, a folder in place of the file and a file of another kind are one sentence each."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("this is no database, and it is long enough to be looked at" * 100)
    for path in (tmp_path / "nowhere" / "messages.db", tmp_path / "folder", tmp_path / "text"):
        assert str(path) in await refusal_of(f"sqlite:///{path}")


@pytest.mark.parametrize("url", ["sqlite:///", "sqlite:///:memory:", "sqlite:", "sqlite://messages.db"])
async def test_a_url_without_a_file_is_refused(url):
    """A log in memory, or without a name, would be lost or doubled."""
    assert "name a file" in await refusal_of(url)


async def test_an_unknown_scheme_is_refused():
    """A scheme without an adapter is refused with the list of those there are."""
    assert "sqlite:" in await refusal_of("gopher://user:hunter2@host/x")


async def test_engine_errors_are_unavailability(log, file):
    """Whatever the engine raises is LogUnavailable to all who shared the transaction, leaves nothing, and passes."""
    await log.append(draft("c"), START)
    execute(file, "ALTER TABLE heads RENAME TO elsewhere")
    attempts = [log.append(draft("c"), Cursor(1, 1)) for _ in range(5)]
    results = await asyncio.gather(*attempts, log.heads(["c"]), return_exceptions=True)
    assert [type(result) for result in results] == [LogUnavailable] * 6
    execute(file, "ALTER TABLE elsewhere RENAME TO heads")
    assert await log.heads(["c"]) == {"c": Head(1, 1)}
    assert (await log.append(draft("c"), Cursor(1, 1))).seq == 2


async def test_one_bad_draft_harms_no_other(log):
    """A draft that cannot be written raises to its own caller; those who share its transaction are stored."""
    attempts = [log.append(draft("c"), START) for _ in range(3)]
    hopeless = log.append(draft("c", meta={"object": object()}), START)
    *stored, refused = await asyncio.gather(*attempts, hopeless, return_exceptions=True)
    assert [entry.seq for entry in stored] == [1, 2, 3]
    assert isinstance(refused, TypeError)


async def test_a_caller_that_went_away_harms_no_other(log):
    """A cancelled append may or may not be stored, and the next ones are."""
    gone = asyncio.ensure_future(log.append(draft("c"), START))
    await asyncio.sleep(0)
    gone.cancel()
    entry = await log.append(draft("c"), START)
    assert entry.seq in (1, 2)
    assert gone.cancelled()


async def test_closing_finishes_what_was_asked_for(file):
    """What was asked for before the log was closed is answered and stored, and what is asked later is refused."""
    async with open_sqlite_log(f"sqlite:///{file}") as log:
        waiting = [asyncio.ensure_future(log.append(draft("c"), START)) for _ in range(300)]
        await asyncio.sleep(0)
    assert sorted(entry.seq for entry in await asyncio.gather(*waiting)) == list(range(1, 301))
    with pytest.raises(LogUnavailable):
        await log.append(draft("c"), START)


async def test_times_come_from_the_clock(file):
    """An entry's time is the store's clock when it was appended, and a retry does not change it."""
    now = iter(range(1000, 2000))
    async with open_sqlite_log(f"sqlite:///{file}", clock=lambda: next(now)) as log:
        first = draft("c")
        assert [(await log.append(it, START)).at_ms for it in (first, draft("c"), first)] == [1000, 1001, 1000]
