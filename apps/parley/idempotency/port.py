"""The port of kept answers. Next: `parley.rest.replay`, which asks it for every request that brings a key."""

from typing import Protocol

from parley.contracts.problems import ProblemError
from parley.idempotency.model import Answer


class KeyInProgress(ProblemError):
    """The request that brought this Idempotency-Key first is still being worked on."""

    def __init__(self) -> None:
        super().__init__("in-progress", retry_after_ms=1000)


class KeyReused(ProblemError):
    """This Idempotency-Key was brought first by another request."""

    def __init__(self) -> None:
        super().__init__("key-reused")


class KeysUnavailable(ProblemError):
    """Nobody can say whether this Idempotency-Key is new, so its request is not carried out."""

    def __init__(self) -> None:
        super().__init__("unavailable", retry_after_ms=1000)


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
