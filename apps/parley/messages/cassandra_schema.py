"""The keyspace of the message log: its tables in numbered steps, and how ten processes that migrate at once take turns.

One row says how many steps have been taken and who is taking them. Both are changed only by conditional writes, and the
holder's name goes by itself when it does not come back. Every step bears repetition, because its holder may be ended
between taking it and recording it.
"""

import asyncio
import json
import random
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from cassandra import InvalidRequest, WriteTimeout  # type: ignore[import-untyped]
from cassandra.cluster import Session  # type: ignore[import-untyped]
from cassandra.protocol import ServerError  # type: ignore[import-untyped]

from parley.configuration import ConfigurationError
from parley.messages.cassandra_cluster import connected, told
from parley.messages.cassandra_urls import CassandraUrl, parse_cassandra_url
from parley.messages.port import LogUnavailable

_LEASE_S = 30
"""How long the holder may be silent; a step and the wait for all nodes to know it take less."""

_WAIT_S = 120.0
"""How long a process waits for its turn: as long as a few holders would need that were ended one after the other."""

_REQUEST_S = 20.0
_ASK_AGAIN_S = 1.0
_ATTEMPTS = 5

STEPS: Sequence[Sequence[str]] = (
    (
        # Buckets of 1,000 entries: a partition stays small, and a range of numbers names its partitions.
        """CREATE TABLE IF NOT EXISTS {keyspace}.log (conversation_id text, bucket bigint, seq bigint, id text,
            sender text, kind text, body text, meta text, reply_to bigint, at timestamp,
            PRIMARY KEY ((conversation_id, bucket), seq)) WITH CLUSTERING ORDER BY (seq DESC)""",
        """CREATE TABLE IF NOT EXISTS {keyspace}.heads (conversation_id text PRIMARY KEY, epoch int, seq bigint)""",
        """CREATE TABLE IF NOT EXISTS {keyspace}.marks (user_id text, conversation_id text, seq bigint, begun bigint,
            PRIMARY KEY (user_id, conversation_id))""",
    ),
)
"""What each version of the schema adds to the one before. A step that was released is never changed."""

_STATE = """CREATE TABLE IF NOT EXISTS {keyspace}.schema_state (name text PRIMARY KEY, version int, holder text)
    WITH id = {table_id}"""
_READ = "SELECT version FROM {keyspace}.schema_state WHERE name = 'messages'"
_TAKE = """UPDATE {keyspace}.schema_state USING TTL {lease_s} SET holder = '{holder}'
    WHERE name = 'messages' IF holder IN (null, '{holder}')"""
_RECORD = "UPDATE {keyspace}.schema_state SET version = {version} WHERE name = 'messages' IF holder = '{holder}'"
_LEAVE = "DELETE holder FROM {keyspace}.schema_state WHERE name = 'messages' IF holder = '{holder}'"


async def migrate_cassandra(url: str, wait_s: float = _WAIT_S) -> None:
    """Make the keyspace and take the missing steps; of processes that start together one does, the others wait for it.

    `wait_s` is how long, in seconds. Raises ConfigurationError for a wrong URL or a newer schema, LogUnavailable if the
    cluster does not answer or the turn does not come.
    """
    await asyncio.to_thread(_migrate, parse_cassandra_url(url), wait_s)


def check_version(session: Session, url: CassandraUrl) -> None:
    """Raises ConfigurationError if the schema is not the one that this Parley knows, and the driver's errors."""
    version = _version(session, url.keyspace)
    _refuse_newer(version)
    if version < len(STEPS):
        raise ConfigurationError(
            f"MESSAGE_LOG_URL: the keyspace '{url.keyspace}' is not up to date; run 'python -m parley migrate' once."
        )


def _migrate(url: CassandraUrl, wait_s: float) -> None:
    with connected(url, _REQUEST_S) as session, told(url):
        try:
            version = _version(session, url.keyspace)
        except (InvalidRequest, ServerError):
            # Missing, or just being made by somebody else: a node may then know a table that it cannot read yet.
            _make_state(session, url)
            version = 0
        _refuse_newer(version)
        if version < len(STEPS):
            _Turn(session, url.keyspace).take_steps(wait_s)


def _make_state(session: Session, url: CassandraUrl) -> None:
    """Make the table that the turns are kept in. There are no turns yet, so several may do it at once."""
    # Nodes that make it at the same time give it the same id, else they would make two tables of one name.
    state = _STATE.format(keyspace=url.keyspace, table_id=uuid.uuid5(uuid.NAMESPACE_OID, url.keyspace))
    try:
        _change(session, state)
    except InvalidRequest:
        # Only now, since whoever was given a keyspace may not be allowed to make one.
        replication = json.dumps(url.replication).replace('"', "'")  # no value has quotes of its own
        _change(session, f"CREATE KEYSPACE IF NOT EXISTS {url.keyspace} WITH replication = {replication}")
        _change(session, state)


def _change(session: Session, cql: str) -> None:
    """Change the schema, and return when every node that is up knows it."""
    request = session.execute_async(cql)
    request.result()
    if not request.is_schema_agreed:
        raise LogUnavailable


def _version(session: Session, keyspace: str) -> int:
    row = session.execute(_READ.format(keyspace=keyspace)).one()
    return row["version"] or 0 if row else 0


def _refuse_newer(version: int) -> None:
    if version > len(STEPS):
        raise ConfigurationError(
            "MESSAGE_LOG_URL: the schema was made by a newer Parley; start that version or restore a backup."
        )


class _Turn:
    """One process's turn at changing a keyspace."""

    def __init__(self, session: Session, keyspace: str) -> None:
        self._session = session
        self._names: dict[str, Any] = {"keyspace": keyspace, "lease_s": _LEASE_S, "holder": str(uuid.uuid4())}

    def take_steps(self, wait_s: float) -> None:
        """Wait for the turn and take every step that is missing then."""
        self._wait(wait_s)
        version = _version(self._session, self._names["keyspace"])
        _refuse_newer(version)
        for number, step in enumerate(STEPS[version:], version + 1):
            for cql in step:
                self._keep()
                _change(self._session, cql.format(**self._names))
            self._keep(_RECORD.format(**self._names, version=number))
        self._applies(_LEAVE)

    def _wait(self, wait_s: float) -> None:
        end = time.monotonic() + wait_s
        while not self._applies(_TAKE):
            if time.monotonic() > end:
                raise LogUnavailable
            time.sleep(random.uniform(_ASK_AGAIN_S / 2, _ASK_AGAIN_S))  # noqa: S311 -- spread, not secret

    def _keep(self, cql: str = _TAKE) -> None:
        """Do this if it is still our turn, else give up: somebody else goes on."""
        if not self._applies(cql):
            raise LogUnavailable

    def _applies(self, cql: str) -> bool:
        """Whether its condition held. A write whose outcome is not known is repeated, which all of these bear."""
        for _ in range(_ATTEMPTS):
            with suppress(WriteTimeout):
                return bool(self._session.execute(cql.format(**self._names)).was_applied)
        raise LogUnavailable
