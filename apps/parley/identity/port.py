"""The port of identity, in two faces by who asks.

`Sessions` is what every service needs; `Accounts` is for those who show or edit people.
"""

from collections.abc import Collection, Sequence
from typing import Protocol

from parley.identity.model import Account, Caller, Device


class Sessions(Protocol):
    """Who is behind a token. A revocation is seen by `resolve` within a second, by `alive` at once."""

    async def resolve(self, token: str) -> Caller | None:
        """The caller, or None for a token that is unknown, revoked or expired. Also counts as use of the session."""

    async def alive(self, devices: Collection[str]) -> set[str]:
        """Those of `devices` whose sessions are neither revoked nor expired; being asked about counts as use."""

    async def devices(self, account: str) -> Sequence[Device]:
        """The live sessions of one account, newest use first."""

    async def revoke(self, account: str, device: str) -> bool:
        """End one session of this account. True for exactly one caller; False if it was not there or ended already."""


class Accounts(Protocol):
    """The people."""

    async def get(self, ids: Collection[str]) -> Sequence[Account]:
        """The accounts with these ids, in no order; unknown and disabled ones are absent."""

    async def lookup(self, emails: Collection[str]) -> Sequence[Account]:
        """The accounts with exactly these canonical addresses, in no order; unknown and disabled ones are absent."""

    async def rename(self, account: str, name: str) -> Account | None:
        """Change what others see; the account as it now is, or None if there is none."""
