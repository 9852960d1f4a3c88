"""Calls that are over, on a Redis or Valkey server: a key each, `ended:{call}`, that ends by itself."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from parley.endedcalls.port import KEPT_S
from parley.redis.commands import command
from parley.redis.connections import open_redis
from parley.redis.refusals import AWAY
from parley.redis.server import Server

_log = logging.getLogger("parley.endedcalls")


@asynccontextmanager
async def open_redis_ended_calls(url: str) -> AsyncIterator["RedisEndedCalls"]:
    """The calls over connections of their own. Raises ConfigurationError for a URL that is none."""
    async with open_redis(url) as server:
        yield RedisEndedCalls(server)


class RedisEndedCalls:
    """See the port."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def add(self, *calls: str) -> None:
        """See the port."""
        try:
            await self._server.carry_out([command("SET", _key(call), 1, "EX", KEPT_S) for call in calls])
        except AWAY as error:
            _log.warning("that a call is over was not noted: %s", error)

    async def has(self, call: str) -> bool:
        """See the port."""
        try:
            return bool(await self._server.ask(command("EXISTS", _key(call))))
        except AWAY as error:
            _log.warning("whether a call is over is not known: %s", error)
            return False


def _key(call: str) -> str:
    return f"ended:{{{call}}}"
