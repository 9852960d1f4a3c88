"""Which message log a URL means; the adapter is imported only when it is chosen."""

from contextlib import AbstractAsyncContextManager

from parley.configuration import unknown_scheme
from parley.messages.port import MessageLog


def open_log(url: str) -> AbstractAsyncContextManager[MessageLog]:
    """Open `sqlite:///file.db`. Raises ConfigurationError for a scheme that no adapter answers to."""
    match url.partition(":")[0]:
        case "sqlite":
            from parley.messages.sqlite import open_sqlite_log

            return open_sqlite_log(url)
    raise unknown_scheme("MESSAGE_LOG_URL", url)
