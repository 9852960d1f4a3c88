"""The file of the SQLite message log: its tables, its version, and what is said when it cannot be used."""

import sqlite3
from contextlib import closing

from parley.configuration import ConfigurationError

VERSION = 1
"""Kept in `PRAGMA user_version`. A file with a higher one was written by a newer Parley."""

BUSY_S = 5.0
"""How long a writer waits for another process before it gives up."""

_TABLES = (
    """CREATE TABLE log (conv TEXT NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL, sender TEXT NOT NULL,
        at_ms INTEGER NOT NULL, kind TEXT NOT NULL, body TEXT, meta TEXT, reply_to INTEGER,
        PRIMARY KEY (conv, seq)) WITHOUT ROWID""",
    "CREATE TABLE heads (conv TEXT PRIMARY KEY, epoch INTEGER NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID",
    """CREATE TABLE marks (conv TEXT NOT NULL, user TEXT NOT NULL, seq INTEGER NOT NULL,
        PRIMARY KEY (conv, user)) WITHOUT ROWID""",
    """CREATE VIEW entries AS SELECT conv, coalesce(heads.epoch, 1) AS epoch, log.seq, log.id, log.sender, log.at_ms,
        log.kind, log.body, log.meta, log.reply_to FROM log LEFT JOIN heads USING (conv)""",
)


def prepare(url: str) -> None:
    """Make the file and its tables if they are not there. Raises ConfigurationError."""
    try:
        with closing(connect(url)) as connection:
            # Taking the write lock also shows whether the file can be written at all.
            connection.execute("BEGIN IMMEDIATE")
            _upgrade(connection)
            connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise ConfigurationError(f"MESSAGE_LOG_URL: cannot use {_file(url)} ({error}).") from None


def connect(url: str) -> sqlite3.Connection:
    """A connection that flushes every commit to disk and leaves transactions to its user. Raises sqlite3.Error."""
    connection = sqlite3.connect(_file(url), timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _upgrade(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise ConfigurationError(
            "MESSAGE_LOG_URL: the file was written by a newer Parley; start that version or restore a backup."
        )
    if version == 0:
        for table in _TABLES:
            connection.execute(table)
        connection.execute(f"PRAGMA user_version = {VERSION}")


def _file(url: str) -> str:
    file = url.removeprefix("sqlite:///")
    if file == url or file in ("", ":memory:"):
        # The reader would look into a database of its own.
        raise ConfigurationError("MESSAGE_LOG_URL: name a file, as in sqlite:///messages.db.")
    return file
