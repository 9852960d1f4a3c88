"""Message logs of every adapter, and drafts to put into them. A conversation of a new id is empty in all of them."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from support.cassandra import cassandra, migrated

from parley.identity.model import new_id
from parley.messages.model import Draft
from parley.messages.port import MessageLog
from parley.messages.sqlite import open_sqlite_log

OpenLog = Callable[[Path], AbstractAsyncContextManager[MessageLog]]


def sqlite(folder: Path) -> AbstractAsyncContextManager[MessageLog]:
    """The log in a SQLite file; opening the same folder again opens the same log."""
    return open_sqlite_log(sqlite_url(folder))


def sqlite_url(folder: Path) -> str:
    """Where `sqlite` keeps its log."""
    return f"sqlite:///{folder / 'messages.db'}"


LOGS: dict[str, OpenLog] = {"sqlite": sqlite, "cassandra": cassandra}
"""Every adapter of the port; a further one is a line here."""

URLS: dict[str, Callable[[Path], str]] = {"sqlite": sqlite_url, "cassandra": lambda _: migrated()}
"""Where another process finds the same log."""

ADAPTERS = ["sqlite", pytest.param("cassandra", marks=pytest.mark.engine)]
"""Their names, as the parameters of a test."""


def draft(conv: str, sender: str = "ann", body: str = "good morning", **members: Any) -> Draft:
    """A new text."""
    return Draft(**{"conv": conv, "id": new_id(), "sender": sender, "body": body} | members)
