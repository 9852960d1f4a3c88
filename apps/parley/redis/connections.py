"""Connections to a server that speaks RESP3: a pool for commands, and single ones for whoever listens.

Nothing is tried again here, since a command whose answer was lost may have been carried out. Each adapter says what it
does while the server is away.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection, parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.maint_notifications import MaintNotificationsConfig

from parley.configuration import ConfigurationError

AWAY = (RedisError, OSError)
"""What the driver raises when the server did not do as it was told."""

ANSWERS_WITHIN_S = 1.0
"""How long a command may take, and before it the connection; a person waits meanwhile."""

_AT_A_TIME = 16
"""Connections of one pool. Commands are short; who finds none free waits for one."""


@asynccontextmanager
async def open_redis(url: str) -> AsyncIterator[Redis]:
    """A client for `redis://` or `rediss://`, connected when first used. Raises ConfigurationError."""
    client: Redis = Redis.from_pool(_pool(url, _AT_A_TIME))
    try:
        yield client
    finally:
        await client.aclose()


def listening(url: str) -> AbstractConnection:
    """A connection of its own, not connected yet, on which reading may take forever. Raises ConfigurationError."""
    # The driver would otherwise give up a subscriber that hears nothing for a few seconds.
    return cast("AbstractConnection", _pool(url, 1, socket_timeout=None).make_connection())  # type: ignore[no-untyped-call]


def _pool(url: str, size: int, **settings: Any) -> BlockingConnectionPool:
    try:
        parse_url(url)
    except ValueError:
        raise ConfigurationError("REDIS_URL: this is not redis://[user:password@]host[:port][/database].") from None
    patience = {"socket_timeout": ANSWERS_WITHIN_S, "socket_connect_timeout": ANSWERS_WITHIN_S}
    return BlockingConnectionPool.from_url(
        url,
        max_connections=size,
        timeout=ANSWERS_WITHIN_S,
        protocol=3,
        retry=Retry(NoBackoff(), 0),
        maint_notifications_config=MaintNotificationsConfig(enabled=False),
        **(patience | settings),
    )
