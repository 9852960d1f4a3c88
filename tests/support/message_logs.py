"""Message logs of every adapter, empty, and drafts to put into them."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from parley.identity.model import new_id
from parley.messages.model import Draft
from parley.messages.port import MessageLog
from parley.messages.sqlite import open_sqlite_log

OpenLog = Callable[[Path], AbstractAsyncContextManager[MessageLog]]


def sqlite(folder: Path) -> AbstractAsyncContextManager[MessageLog]:
    """The log in a SQLite file; opening the same folder again opens the same log."""
    return open_sqlite_log(f"sqlite:///{folder / 'messages.db'}")


LOGS: dict[str, OpenLog] = {"sqlite": sqlite}
"""Every adapter of the port; a further one is a line here."""


def draft(conv: str, sender: str = "ann", body: str = "good morning", **members: Any) -> Draft:
    """A new text."""
    return Draft(**{"conv": conv, "id": new_id(), "sender": sender, "body": body} | members)
