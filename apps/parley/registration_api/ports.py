"""The ports of this service. Its nouns are shared, so their ports lie with them:

`parley.onetimecodes.port.OneTimeCodes`, `parley.identity.port.Sessions` and `Accounts`, `parley.bus.port.EventBus`,
`parley.fanout.port.Fanout`. What is left is the way to the relay and the built client.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from parley.onetimecodes.port import PendingEvent

Offer = Callable[[PendingEvent], None]
"""Hand an event whose row is in the outbox to whoever publishes it; a lost call costs its waiting time, no more."""


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
