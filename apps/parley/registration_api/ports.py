"""The ports of this service. Its nouns are shared, so their ports lie with them:

`parley.onetimecodes.port.OneTimeCodes`, `parley.identity.port.Sessions` and `Accounts`, `parley.bus.port.EventBus`,
`parley.fanout.port.Fanout`. What is left is the relay's bell and the built client.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

Wake = Callable[[], None]
"""Tell whoever publishes the outbox that there is a new row; a lost call costs the relay its waiting time, no more."""


@dataclass(frozen=True)
class PageFiles:
    """What one page of the built client loads, as paths from the root of the site."""

    script: str
    preloads: Sequence[str]
    styles: Sequence[str]


class Asset(Protocol):
    """One file of the built client; its name changes with its content."""

    media_type: str

    @property
    def content(self) -> bytes:
        """The bytes of the file."""

    @property
    def compressed(self) -> bytes | None:
        """The same with gzip, or None for what does not become smaller."""


class WebClient(Protocol):
    """The built client."""

    chat: PageFiles
    login: PageFiles

    def asset(self, name: str) -> Asset | None:
        """The file `assets/<name>`; None if the build has none such."""
