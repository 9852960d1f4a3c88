"""Which message log a URL means; the adapter is imported only when it is chosen."""

from contextlib import AbstractAsyncContextManager

from parley.clocks import MACHINE, Clocks
from parley.configuration import unknown_scheme
from parley.messages.port import MessageLog


def open_log(url: str, clocks: Clocks = MACHINE) -> AbstractAsyncContextManager[MessageLog]:
    """Open `sqlite:///file.db` or `cassandra://host/keyspace`.

    Raises ConfigurationError for a scheme that no adapter answers to, and for a URL that its adapter cannot read.
    """
    match url.partition(":")[0]:
        case "sqlite":
            from parley.messages.sqlite import open_sqlite_log

            return open_sqlite_log(url, clocks.wall_ms)
        case "cassandra":
            from parley.messages.cassandra import open_cassandra_log

            return open_cassandra_log(url)
    raise unknown_scheme("MESSAGE_LOG_URL", url)


async def migrate_log(url: str) -> None:
    """Bring the store's schema up to date; a SQLite file does so by itself when it is opened.

    Raises ConfigurationError for a wrong URL or a newer schema, LogUnavailable if the store does not answer.
    """
    match url.partition(":")[0]:
        case "sqlite":
            return
        case "cassandra":
            from parley.messages.cassandra_schema import migrate_cassandra

            return await migrate_cassandra(url)
    raise unknown_scheme("MESSAGE_LOG_URL", url)
