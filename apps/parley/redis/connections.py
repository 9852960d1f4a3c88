"""Opening what a URL names: connections for commands, and single ones for whoever listens.

Nothing is tried again here, since a command whose answer was lost may have been carried out. Each adapter says what it
does while the server is away. Next: `server.py` and `cluster.py`, who carry commands out.
"""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.maint_notifications import MaintNotificationsConfig

from parley.redis.cluster import Cluster
from parley.redis.sentinel import FollowingConnection, FollowingTlsConnection, Sentinels, Watched
from parley.redis.server import OneServer, PlainConnection, Server, TlsConnection
from parley.redis.timing import ANSWERS_WITHIN_S, LOOKUP_ANSWERS_WITHIN_S
from parley.redis.urls import CA, CLUSTER, SENTINEL, Address, Node, parse
from parley.tls import trusting


@asynccontextmanager
async def open_redis(url: str) -> AsyncIterator[Server]:
    """Whatever the URL names, connected when first used. Raises ConfigurationError."""
    server = _server(parse(url))
    try:
        yield server
    finally:
        await server.close()


def _server(address: Address) -> Server:
    tls = _tls(address)
    settings = _settings(tls) | {"username": address.username, "password": address.password, "db": address.database}
    if address.kind == CLUSTER:
        return Cluster(address.nodes, lambda node: OneServer(**_to(node, tls), **settings))
    if address.kind == SENTINEL:
        kind = FollowingConnection if tls is None else FollowingTlsConnection
        return Watched(connection_class=kind, sentinels=_sentinels(address, tls), **settings)
    return OneServer(**_to(address.nodes[0], tls), **settings)


def _sentinels(address: Address, tls: ssl.SSLContext | None) -> Sentinels:
    settings = _settings(tls) | {"username": address.sentinel_username, "password": address.sentinel_password}
    patience = {"socket_timeout": LOOKUP_ANSWERS_WITHIN_S, "socket_connect_timeout": LOOKUP_ANSWERS_WITHIN_S}
    return Sentinels(address.service, [OneServer(**_to(it, tls), **(settings | patience)) for it in address.nodes])


def _to(node: Node, tls: ssl.SSLContext | None) -> Mapping[str, Any]:
    return {"connection_class": PlainConnection if tls is None else TlsConnection, "host": node[0], "port": node[1]}


def _settings(tls: ssl.SSLContext | None) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "socket_timeout": ANSWERS_WITHIN_S,
        "socket_connect_timeout": ANSWERS_WITHIN_S,
        "protocol": 3,
        "retry": Retry(NoBackoff(), 0),
        "maint_notifications_config": MaintNotificationsConfig(enabled=False),
    }
    return settings if tls is None else settings | {"context": tls}


def _tls(address: Address) -> ssl.SSLContext | None:
    if not address.is_tls:
        return None
    return trusting("REDIS_URL", CA, address.ca_file or None, checks_name=address.checks_hostname)
