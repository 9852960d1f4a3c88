"""Sentinels, who say which server is the primary, and connections that ask them whenever they are made."""

from collections.abc import Sequence
from typing import Any

from redis.exceptions import ConnectionError as AwayError
from redis.exceptions import ReadOnlyError

from parley.redis.refusals import AWAY, NotWatchedError
from parley.redis.server import OneServer, PlainConnection, TlsConnection
from parley.redis.urls import Node


class Sentinels:
    """Those who watch one service. The one that answered last is asked first."""

    def __init__(self, service: str, sentinels: Sequence[OneServer]) -> None:
        self._service, self._sentinels = service, list(sentinels)

    async def primary(self) -> Node:
        """The address of the service's primary. Raises AWAY, NotWatchedError if all who answer do not know it."""
        failed: BaseException | None = None
        is_unknown = False
        for sentinel in list(self._sentinels):
            try:
                (found,) = await sentinel.say([("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self._service)])
            except AWAY as error:
                failed = error
                continue
            if isinstance(found, Exception):
                failed = found
            elif found is None:
                is_unknown = True
            else:
                self._sentinels.sort(key=lambda it: it is not sentinel)
                host, port = found
                return host.decode(), int(port)
        if is_unknown and failed is None:
            raise NotWatchedError(f"no sentinel watches '{self._service}'")
        raise AwayError(f"no sentinel answers: {failed}") from failed

    async def close(self) -> None:
        """End every connection to them."""
        for sentinel in self._sentinels:
            await sentinel.close()


class Watched(OneServer):
    """The primary of a service. It ends its sentinels' connections with its own."""

    def __init__(self, *, sentinels: Sentinels, **settings: Any) -> None:
        super().__init__(sentinels=sentinels, **settings)
        self._sentinels = sentinels

    async def close(self) -> None:
        await super().close()
        await self._sentinels.close()


class _Following(PlainConnection):
    """A connection to whichever server is the primary when it is made."""

    def __init__(self, *, sentinels: Sentinels, **settings: Any) -> None:
        super().__init__(**settings)
        self._sentinels = sentinels

    async def _connect(self) -> None:
        self.host, self.port = await self._sentinels.primary()
        await super()._connect()  # type: ignore[no-untyped-call]

    async def read_response(self, *arguments: Any, **named: Any) -> Any:
        try:
            return await super().read_response(*arguments, **named)
        except ReadOnlyError as error:
            # It was the primary when we connected; the next connection asks who is now.
            raise AwayError("the server is not the primary any more") from error


class FollowingConnection(_Following):
    """Without TLS."""


class FollowingTlsConnection(_Following, TlsConnection):
    """With TLS."""
