"""Fan-out over a Redis or Valkey server's channels.

Publishing has connections of its own. Each process hears over one connection, which a task in the background reads and
makes anew: it then subscribes to everything that is wanted, and tells that messages may have been missed.
"""

import asyncio
import logging
import random
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any

from redis.asyncio.connection import AbstractConnection

from parley.fanout.port import FanoutUnavailable, Listener, Subscriber
from parley.redis.connections import open_redis
from parley.redis.refusals import AWAY, refusal
from parley.redis.server import Server
from parley.redis.timing import ANSWERS_WITHIN_S

ALIVE_EVERY_S = 5.0
"""How often the server is asked for a sign of life; a connection that gave none since is given up."""

_LONGEST_PAUSE_S = 5.0
_AT_ONCE = 500
"""Channels named in one command."""

_log = logging.getLogger("parley.fanout")


@asynccontextmanager
async def open_redis_fanout(url: str) -> AsyncIterator["RedisFanout"]:
    """The fan-out, hearing as soon as the server is there. Raises ConfigurationError for a URL that is none."""
    async with open_redis(url) as server:
        hearing = _Hearing(server.listening)
        task = asyncio.create_task(hearing.run())
        try:
            await hearing.tried.wait()
            yield RedisFanout(server, hearing)
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


class RedisFanout:
    """See the port. What is published while another publication is under way goes out together after it."""

    def __init__(self, server: Server, hearing: "_Hearing") -> None:
        self._server, self._hearing = server, hearing
        self._waiting: list[tuple[str, bytes]] = []
        self._next: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    async def publish(self, channel: str, payload: bytes) -> None:
        """See the port."""
        self._waiting.append((channel, payload))
        if self._next is None:
            self._next = asyncio.create_task(self._publish_waiting())
        # Goes on without whoever is cancelled here: others' payloads are in the same batch.
        await asyncio.shield(self._next)

    def listen(self, listener: Listener) -> Subscriber:
        """See the port."""
        subscriber = _Subscriber(listener, self._hearing)
        self._hearing.subscribers.append(subscriber)
        return subscriber

    async def check(self) -> None:
        """See the port."""
        try:
            await self._server.check()
        except AWAY as error:
            raise FanoutUnavailable(str(error)) from error
        if not self._hearing.is_connected:
            raise FanoutUnavailable("live notices are not heard")

    async def _publish_waiting(self) -> None:
        async with self._turn:
            batch, self._waiting, self._next = self._waiting, [], None
            await self._send(batch)

    async def _send(self, batch: list[tuple[str, bytes]]) -> None:
        try:
            await self._server.publish(batch)
        except AWAY as error:
            _log.warning("%d notices could not be published: %s", len(batch), error)


class _Subscriber:
    def __init__(self, listener: Listener, hearing: "_Hearing") -> None:
        self.listener, self._hearing = listener, hearing
        self.channels: set[str] = set()

    async def subscribe(self, channel: str) -> None:
        self.channels.add(channel)
        await self._hearing.subscribe(channel, self)

    async def unsubscribe(self, channel: str) -> None:
        self.channels.discard(channel)
        await self._hearing.unsubscribe(channel, self)

    def deliver(self, channel: str, payload: bytes) -> None:
        if channel in self.channels:
            self.listener.on_message(channel, payload)


class _Confirmation:
    """The server's answer to one subscription of one subscriber, and whether somebody still waits for it."""

    def __init__(self, subscriber: _Subscriber) -> None:
        self._subscriber = subscriber
        self._came = asyncio.Event()
        self._is_late = False

    async def wait(self) -> None:
        try:
            async with asyncio.timeout(ANSWERS_WITHIN_S):
                await self._came.wait()
        except TimeoutError:
            self._is_late = True

    def come(self) -> _Subscriber:
        self._came.set()
        if self._is_late:
            self._subscriber.listener.on_lost()
        return self._subscriber

    def give_up(self) -> None:
        self._came.set()


class _Hearing:
    """The one connection that hears. `tried` is set once it has been made or could not be made for the first time."""

    def __init__(self, connect: Callable[[], AbstractConnection]) -> None:
        self.subscribers: list[_Subscriber] = []
        self.tried = asyncio.Event()
        self._connect = connect
        self._connection: AbstractConnection | None = None
        self._hearers: defaultdict[str, set[_Subscriber]] = defaultdict(set)
        self._unconfirmed: defaultdict[str, deque[_Confirmation]] = defaultdict(deque)
        self._is_alive = False

    @property
    def is_connected(self) -> bool:
        """Whether everything that is wanted is heard."""
        return self._connection is not None

    async def subscribe(self, channel: str, subscriber: _Subscriber) -> None:
        """Return when the server has confirmed. While it is away the channel is only remembered."""
        if self._connection is None:
            return
        # Asked for anew even if it is heard already, so that nothing comes which was published before.
        confirmation = _Confirmation(subscriber)
        self._unconfirmed[channel].append(confirmation)
        await self._command("SUBSCRIBE", [channel])
        await confirmation.wait()

    async def unsubscribe(self, channel: str, subscriber: _Subscriber) -> None:
        """Stop hearing a channel that nobody else here wants."""
        self._hearers[channel].discard(subscriber)
        if not self._hearers[channel]:
            del self._hearers[channel]
            if channel not in self._wanted():
                await self._command("UNSUBSCRIBE", [channel])

    async def run(self) -> None:
        """Hear, and connect again as often as it takes, until cancelled."""
        pause = 0.0
        while True:
            connection = self._connect()
            try:
                async with asyncio.timeout(2 * ANSWERS_WITHIN_S):
                    await connection.connect()  # type: ignore[no-untyped-call]
                await self._resume(connection)
                pause = 0.0
                await self._hear(connection)
            except* AWAY as errors:
                failure = errors.exceptions[0]
                _log.warning("live notices are not heard: %s", refusal(failure) or failure)
            except* Exception:  # noqa: BLE001 -- a fault of ours must not leave the process deaf
                _log.exception("live notices are not heard")
            finally:
                self._lose()
                await connection.disconnect(nowait=True)
            pause = min(_LONGEST_PAUSE_S, max(0.1, 2 * pause))
            await asyncio.sleep(random.uniform(0, pause))  # noqa: S311 -- spreads, protects nothing

    async def _resume(self, connection: AbstractConnection) -> None:
        confirmed: set[str] = set()
        # Some may come to be wanted while the others are being confirmed.
        while missing := self._wanted() - confirmed:
            async with asyncio.timeout(ALIVE_EVERY_S):
                await self._confirm(connection, missing)
            confirmed |= missing
        self._connection = connection
        self.tried.set()
        for subscriber in self.subscribers:
            if subscriber.channels:
                subscriber.listener.on_lost()
        await self._command("UNSUBSCRIBE", confirmed - self._wanted())

    async def _confirm(self, connection: AbstractConnection, channels: set[str]) -> None:
        for some in _portions(channels):
            await connection.send_command("SUBSCRIBE", *some)
        missing = {channel.encode() for channel in channels}
        while missing:
            answer = await connection.read_response(push_request=True)
            self._take(answer)
            if answer[0] == b"subscribe":
                missing.discard(answer[1])

    async def _hear(self, connection: AbstractConnection) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._ask_for_life(connection))
            while True:
                answer = await connection.read_response(push_request=True)
                self._is_alive = True
                self._take(answer)

    async def _ask_for_life(self, connection: AbstractConnection) -> None:
        while True:
            self._is_alive = False
            await connection.send_command("PING")
            await asyncio.sleep(ALIVE_EVERY_S)
            if not self._is_alive:
                raise TimeoutError("no sign of life")

    def _take(self, answer: Any) -> None:
        match answer:
            case [b"message", channel, payload]:
                name = channel.decode()
                for subscriber in self._hearers.get(name, ()):
                    # In a turn of its own, so that a listener that fails does not end the hearing.
                    asyncio.get_running_loop().call_soon(subscriber.deliver, name, payload)
            case [b"subscribe", channel, _]:
                self._confirmed(channel.decode())

    def _confirmed(self, channel: str) -> None:
        waiting = self._unconfirmed[channel]
        # Nobody waits for what is subscribed to again after a loss, which is for all who want it.
        hearers = [waiting.popleft().come()] if waiting else self.subscribers
        if not waiting:
            del self._unconfirmed[channel]
        if wanting := {it for it in hearers if channel in it.channels}:
            self._hearers[channel] |= wanting

    def _lose(self) -> None:
        self._connection = None
        self.tried.set()
        self._hearers.clear()
        for waiting in self._unconfirmed.values():
            for confirmation in waiting:
                confirmation.give_up()
        self._unconfirmed.clear()

    def _wanted(self) -> set[str]:
        return set().union(*(it.channels for it in self.subscribers))

    async def _command(self, name: str, channels: Collection[str]) -> None:
        connection = self._connection
        if connection is None:
            return
        # Whoever reads finds the same, and connects again.
        with suppress(*AWAY):
            for some in _portions(channels):
                await connection.send_command(name, *some)


def _portions(channels: Iterable[str]) -> list[list[str]]:
    every = list(channels)
    return [every[at : at + _AT_ONCE] for at in range(0, len(every), _AT_ONCE)]
