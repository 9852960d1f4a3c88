"""The words of kept answers, without I/O."""

from collections.abc import Mapping
from dataclasses import dataclass

KEPT_S = 24 * 3600.0
"""How long the answer to a request with an Idempotency-Key is kept."""

RESERVED_S = 60.0
"""How long such a key stays reserved for a request that never ends."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer as it was sent, to be sent again: status, headers and the JSON text of the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes
