"""Ways to servers that a test makes slow, deaf or broken, in a thread of their own beside the test. Next: `fleet.py`.

A network drops packets and sends them again later; here a hole holds bytes back until it is mended, which comes to the
same for whoever speaks TCP. Each proxy counts what it did to whom, so that a fault that hit nothing can be told.
"""

import asyncio
import itertools
import random
import socket
import struct
import threading
from collections.abc import Callable, Collection, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")
TO_SERVER, TO_CLIENT = "to server", "to client"
BOTH_WAYS = (TO_SERVER, TO_CLIENT)
_RESET = struct.pack("ii", 1, 0)
_LOWEST, _HIGHEST = 20_000, 30_000
"""Outside the range from which the system takes ports by itself, so that one stays free while its owner is killed."""


class Network:
    """The thread in which all proxies live."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._proxies: list[FaultProxy] = []
        self._running: list[Future[None]] = []

    def proxy(self, host: str, port: int) -> "FaultProxy":
        """A new way to a server, open."""
        made = FaultProxy(self, host, port)
        self._proxies.append(made)
        return made

    def do(self, act: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do something in the thread, and return what it returns."""
        return asyncio.run_coroutine_threadsafe(act(), self._loop).result(30)

    def begin(self, act: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Let something run in the thread."""
        self._running.append(asyncio.run_coroutine_threadsafe(act(), self._loop))

    def close(self) -> None:
        """End every connection and the thread. What was begun must have been told to end."""
        for proxy in self._proxies:
            self.do(proxy.end)
        for running in self._running:
            running.result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class FaultProxy:
    """One address that leads to one server. Faults hold until `heal`; connections of the meantime suffer them too."""

    def __init__(self, network: Network, host: str, port: int) -> None:
        self.port = free_port()
        self.hits = 0
        """Connections and pieces of data that a fault has touched."""
        self._network, self._target = network, (host, port)
        self._latency_s = self._slow_close_s = 0.0
        self._holes: set[str] = set()
        self._mended = asyncio.Event()
        self._talks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._server: asyncio.Server | None = None
        network.do(self._listen)

    @property
    def connections(self) -> int:
        """How many there are now."""
        return len(self._talks)

    def lead_to(self, host: str, port: int) -> None:
        """New connections lead there; those that there are stay."""
        self._target = (host, port)

    def slow_down(self, latency_s: float) -> None:
        """Each piece of data comes this much later, in both directions."""
        self._latency_s = latency_s

    def swallow(self, directions: Collection[str] = BOTH_WAYS) -> None:
        """Nothing gets through in these directions; whoever sends does not notice."""

        async def dig() -> None:
            self._mended.clear()
            self._holes = set(directions)

        self._network.do(dig)

    def close_slowly(self, seconds: float) -> None:
        """When one end hangs up, the other hears of it so much later."""
        self._slow_close_s = seconds

    def reset(self) -> None:
        """Every connection breaks with a TCP reset towards the client."""

        async def break_all() -> None:
            for task, writer in list(self._talks.items()):
                _reset(writer)
                task.cancel()
                self.hits += 1

        self._network.do(break_all)

    def refuse(self) -> None:
        """Every connection breaks, and none is taken."""
        self._network.do(self._unlisten)
        self.reset()

    def heal(self) -> None:
        """Everything gets through again."""

        async def mend() -> None:
            self._latency_s = self._slow_close_s = 0.0
            self._holes = set()
            self._mended.set()
            if self._server is None:
                await self._listen()

        self._network.do(mend)

    async def end(self) -> None:
        """Give up the address and every connection."""
        await self._unlisten()
        talks = list(self._talks)
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, backlog=512)

    async def _unlisten(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks[task] = writer
        # What ends one end ends the connection; both ends find out by themselves.
        try:
            with suppress(OSError, asyncio.CancelledError):
                await self._through(TO_SERVER)
                inner, outer = await asyncio.open_connection(*self._target)
                try:
                    await self._relay(reader, writer, inner, outer)
                finally:
                    outer.close()
        finally:
            writer.close()
            del self._talks[task]

    async def _relay(self, reader, writer, inner, outer) -> None:
        up = asyncio.create_task(self._pass(reader, outer, TO_SERVER))
        down = asyncio.create_task(self._pass(inner, writer, TO_CLIENT))
        try:
            await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.sleep(self._slow_close_s)
        finally:
            for task in (up, down):
                task.cancel()
            await asyncio.gather(up, down, return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, direction: str) -> None:
        while data := await reader.read(65_536):
            if self._latency_s:
                self.hits += 1
                await asyncio.sleep(self._latency_s)
            await self._through(direction)
            writer.write(data)
            await writer.drain()
        await self._through(direction)
        self.hits += bool(self._slow_close_s)

    async def _through(self, direction: str) -> None:
        while direction in self._holes:
            self.hits += 1
            await self._mended.wait()


def free_port() -> int:
    """A port of this machine that nobody listens on, and that the system gives to nobody."""
    for _ in range(_HIGHEST - _LOWEST):
        with suppress(OSError), socket.create_server(("127.0.0.1", next(_ports))) as taken:
            return int(taken.getsockname()[1])
    raise AssertionError("every port is taken")


def _reset(writer: asyncio.StreamWriter) -> None:
    connection = writer.get_extra_info("socket")
    if connection is not None and connection.fileno() >= 0:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()


_ports = itertools.cycle(random.sample(range(_LOWEST, _HIGHEST), _HIGHEST - _LOWEST))
