"""coturn's database of secrets: one SQLite file of its own pod, which coturn reads at every first authentication.

In WAL mode a reader is never locked out, and one transaction shows coturn the old keys or the new ones. The tables are
coturn's own; they are made here, before it starts, because it would make them at its first question and refuse whoever
asks at that moment. Next: `relay.py`.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

_BUSY_S = 5.0

_TABLES = """
CREATE TABLE IF NOT EXISTS turnusers_lt (realm varchar(127) default '', name varchar(512), hmackey char(128),
  PRIMARY KEY (realm, name));
CREATE TABLE IF NOT EXISTS turn_secret (realm varchar(127) default '', value varchar(127), PRIMARY KEY (realm, value));
CREATE TABLE IF NOT EXISTS allowed_peer_ip (realm varchar(127) default '', ip_range varchar(256),
  PRIMARY KEY (realm, ip_range));
CREATE TABLE IF NOT EXISTS denied_peer_ip (realm varchar(127) default '', ip_range varchar(256),
  PRIMARY KEY (realm, ip_range));
CREATE TABLE IF NOT EXISTS turn_origin_to_realm (origin varchar(127), realm varchar(127), PRIMARY KEY (origin));
CREATE TABLE IF NOT EXISTS turn_realm_option (realm varchar(127) default '', opt varchar(32), value varchar(128),
  PRIMARY KEY (realm, opt));
CREATE TABLE IF NOT EXISTS oauth_key (kid varchar(128), ikm_key varchar(256), timestamp bigint default 0,
  lifetime integer default 0, as_rs_alg varchar(64) default '', realm varchar(127) default '', PRIMARY KEY (kid));
CREATE TABLE IF NOT EXISTS admin_user (name varchar(32), realm varchar(127), password varchar(127), PRIMARY KEY (name));
"""


def create(file: Path) -> None:
    """Make the file and its tables, if they are not there. Raises sqlite3.Error."""
    with _opened(file) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.executescript(_TABLES)


def write(file: Path, realm: str, secrets: Sequence[str]) -> None:
    """Have exactly these secrets in a realm. One that is there already is not touched. Raises sqlite3.Error."""
    with _opened(file) as database:
        database.execute("BEGIN IMMEDIATE")
        rows = [(realm, secret) for secret in secrets]
        database.executemany("INSERT OR IGNORE INTO turn_secret (realm, value) VALUES (?, ?)", rows)
        for (secret,) in database.execute("SELECT value FROM turn_secret WHERE realm = ?", (realm,)).fetchall():
            if secret not in secrets:
                database.execute("DELETE FROM turn_secret WHERE realm = ? AND value = ?", (realm, secret))
        database.execute("COMMIT")


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(file, timeout=_BUSY_S, isolation_level=None)) as database:
        yield database
