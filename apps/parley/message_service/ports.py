"""The port of this service alone; what it shares with others lies with the nouns.

`parley.conversations.port.Conversations`, `parley.messages.port.MessageLog`, `parley.identity.port.Accounts` and
`Sessions`, `parley.fanout.port.Fanout`, `parley.ratelimits.port.RateLimits`.
"""

from typing import Protocol

from parley.message_service.model import Answer


class Idempotency(Protocol):
    """The first answer to each request that brought an Idempotency-Key, kept for 24 hours per user.

    Guarantee: of any number of calls to `begin` with one key, one gets None until it has called `finish` or `release`.
    A reservation whose holder has died ends by itself after a minute. An engine that loses its memory forgets keys.
    """

    async def begin(self, user: str, key: str, fingerprint: bytes) -> Answer | None:
        """Reserve the key for this request: None if it is new, else the answer that was given first.

        Raises KeyInProgress while the first request is running, KeyReused if it had another fingerprint, and
        KeysUnavailable when the engine does not answer. The task that begins is the one that finishes or releases.
        """

    async def finish(self, user: str, key: str, answer: Answer) -> None:
        """Keep the answer to the request that holds the key. Never raises: the answer was given all the same."""

    async def release(self, user: str, key: str) -> None:
        """Give the key back: the request has failed and changed nothing, and the next one may try. Never raises."""
