"""Accounts, sessions and tokens, without I/O."""

import hashlib
import secrets
import time
import uuid
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


@dataclass(frozen=True, kw_only=True)
class NewSession:
    """A session to be opened: its device id, the digest of its token, and what its owner will see it called."""

    device: str
    token_digest: bytes
    name: str
    platform: str


def default_name(email: str) -> str:
    """What a new account is called until it chooses a name: the local part of its address, without the tag."""
    local = email.partition("@")[0]
    return local.partition("+")[0] or local


def new_id() -> str:
    """A fresh UUIDv7 (RFC 9562): 48 bits of milliseconds, then 74 random bits."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def new_token() -> str:
    """A fresh opaque token of 256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """What is stored of a token: its SHA-256, 32 bytes."""
    return hashlib.sha256(token.encode()).digest()
