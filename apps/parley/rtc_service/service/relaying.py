"""TURN credentials for those who take part in a session, from one budget a person.

Asking for new ones costs a token. Reading a session again and again costs none: those of the last time are given again
while half of their life is left, because a client may simply poll.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from parley.contracts.problems import ProblemError
from parley.identity.model import Caller
from parley.ratelimits.port import Rate, RateLimits
from parley.turn.credentials import Credential, mint
from parley.turn.ring import RingSource

MINTING = Rate(per_second=10 / 60, burst=10)
"""How often one person may have new credentials."""

_REMEMBERED = 10_000


@dataclass(frozen=True)
class Relay:
    """How one person may use the relay: where it is, and what to show there."""

    urls: Sequence[str]
    credential: Credential


class Relaying:
    """The relay of this installation, or that there is none. `wall` gives seconds since 1970 UTC."""

    def __init__(
        self,
        urls: Sequence[str],
        ring: RingSource,
        ttl_s: int,
        limits: RateLimits,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._urls, self._ring, self._ttl_s, self._limits, self._wall = urls, ring, ttl_s, limits, wall
        self._given: dict[str, tuple[str, Credential]] = {}
        self.minted = 0
        """Credentials that were made here."""

    async def fresh(self, caller: Caller) -> Relay | None:
        """New credentials, None without a relay. Raises the `rate-limited` problem."""
        if not self._urls:
            return None
        account = caller.account.id
        wait_ms = await self._limits.take(f"turn:{account}", MINTING)
        if wait_ms:
            raise ProblemError("rate-limited", retry_after_ms=wait_ms)
        ring = self._ring.ring()
        credential = mint(ring.secrets, account, self._wall(), min(self._ttl_s, ring.longest_s or self._ttl_s))
        self._remember(account, ring.secrets[0], credential)
        self.minted += 1
        return Relay(self._urls, credential)

    async def current(self, caller: Caller) -> Relay | None:
        """Those that were given last while they are good for long enough, else new ones; as `fresh`."""
        signed_with, held = self._given.get(caller.account.id, ("", None))
        if held is None or not self._urls or signed_with != self._ring.ring().secrets[0]:
            return await self.fresh(caller)
        left_s = held.expires_s - int(self._wall())
        if 2 * left_s < held.ttl_s:
            return await self.fresh(caller)
        return Relay(self._urls, Credential(held.username, held.credential, held.expires_s, left_s))

    def _remember(self, account: str, secret: str, credential: Credential) -> None:
        self._given.pop(account, None)
        if len(self._given) >= _REMEMBERED:
            # The one that was given longest ago; dictionaries keep the order of insertion.
            del self._given[next(iter(self._given))]
        self._given[account] = (secret, credential)
