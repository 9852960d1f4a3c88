"""Accounts, sessions and tokens, without I/O."""

import hashlib
import secrets
from dataclasses import dataclass

IDLE_MS = 12 * 60 * 60 * 1000
"""A session that nobody uses for this long is over."""

ABSOLUTE_MS = 30 * 24 * 60 * 60 * 1000
"""A session is over after this long, however busy it is."""


@dataclass(frozen=True)
class Account:
    """A person with a verified address. `email` is the canonical address, `name` what others see."""

    id: str
    email: str
    name: str


@dataclass(frozen=True)
class Caller:
    """Who is behind a valid token: the account, and the device (session row) it signed in with."""

    account: Account
    device: str


@dataclass(frozen=True, kw_only=True)
class Device:
    """One sign-in, as its owner sees it. Times are milliseconds since 1970 UTC."""

    id: str
    name: str
    platform: str
    created_ms: int
    seen_ms: int


def new_token() -> str:
    """A fresh opaque token of 256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """What is stored of a token: its SHA-256, 32 bytes."""
    return hashlib.sha256(token.encode()).digest()
