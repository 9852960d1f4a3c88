"""Time-limited TURN credentials, as coturn's `use-auth-secret` checks them: pure functions, no I/O.

The username says until when it holds and whose it is; the credential proves that whoever signed knew a secret that the
relay has too. Expiry only ends the right to begin: an allocation that is there lives on. Next: `ring.py`, the secrets.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

_TAG_DIGITS = 32


@dataclass(frozen=True)
class Credential:
    """What a client shows to the relay. `expires_s` is in seconds since 1970 UTC, `ttl_s` what was left of it."""

    username: str
    credential: str
    expires_s: int
    ttl_s: int


def participant_tag(secret: str, account: str) -> str:
    """Who it is, for the relay's quotas: a keyed hash of the account, so that it names nobody and nobody chooses it.

    The same for as long as the same secret signs.
    """
    return hmac.digest(secret.encode(), f"participant:{account}".encode(), hashlib.sha256).hex()[:_TAG_DIGITS]


def sign(secret: str, username: str) -> str:
    """The password of a username: base64(HMAC-SHA1(secret, username)), the relay's own arithmetic."""
    return base64.b64encode(hmac.digest(secret.encode(), username.encode(), hashlib.sha1)).decode()


def mint(secrets: Sequence[str], account: str, now_s: float, ttl_s: int) -> Credential:
    """A credential of this account that the first of `secrets` signs, good for `ttl_s` seconds from `now_s` on."""
    expires_s = int(now_s) + ttl_s
    username = f"{expires_s}:{participant_tag(secrets[0], account)}"
    return Credential(username, sign(secrets[0], username), expires_s, ttl_s)
