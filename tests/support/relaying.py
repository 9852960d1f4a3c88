"""A way to a server that can be cut and restored: what a test does to a network without touching the server."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Relay:
    """Listens on one port of this machine as long as it is not cut, and passes bytes on in both directions."""

    def __init__(self, host: str, port: int, own_port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self._target, self._tls = (host, port), tls
        self._server: asyncio.Server | None = None
        self._passing: set[asyncio.Task] = set()
        self._port = own_port
        self.answering = asyncio.Event()
        """Cleared, what the server sends is held back."""
        self.answering.set()
        self._held = b""

    def hold(self, part: bytes) -> None:
        """From the first answer with this part on, hold back what the server sends."""
        self._held = part

    @property
    def port(self) -> int:
        return self._port

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    async def restore(self) -> None:
        """Connections are taken from now on."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port, ssl=self._tls)
        self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Every connection ends, and none is taken."""
        if self._server is not None:
            self._server.close()
            self._server = None
        while self._passing:
            for task in self._passing:
                task.cancel()
            await asyncio.wait(self._passing)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._passing.add(task)
        try:
            inner, outer = await asyncio.open_connection(*self._target)
            with suppress(OSError, asyncio.CancelledError):
                await asyncio.gather(
                    self._pass(reader, outer, is_answer=False), self._pass(inner, writer, is_answer=True)
                )
            outer.close()
        finally:
            writer.close()
            self._passing.discard(task)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool) -> None:
        while data := await reader.read(65536):
            if is_answer:
                if self._held and self._held in data:
                    self._held = b""
                    self.answering.clear()
                await self.answering.wait()
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError


@asynccontextmanager
async def relaying(host: str, port: int, tls: ssl.SSLContext | None = None) -> AsyncIterator[Relay]:
    relay = Relay(host, port, tls=tls)
    await relay.restore()
    try:
        yield relay
    finally:
        await relay.cut()
