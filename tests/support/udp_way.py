"""A way for datagrams to a server, on which each may get lost or seem to come from somebody else."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

Address = tuple[str, int]
Route = Callable[[bytes], str | None]
"""Which of a sender's sockets hands a datagram on, by any name; None: it is lost."""


class _Way(asyncio.DatagramProtocol):
    """What comes from clients goes on by `route`, what the server answers goes back to its client."""

    def __init__(self, server: Address, route: Route) -> None:
        self._server, self._route = server, route
        self._onward: dict[tuple[Address, str], asyncio.Future[asyncio.DatagramTransport]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport) -> None:
        self._clients = transport

    def datagram_received(self, data: bytes, client: Address) -> None:
        name = self._route(data)
        if name is not None:
            task = asyncio.ensure_future(self._pass_on(data, client, name))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pass_on(self, data: bytes, client: Address, name: str) -> None:
        if (client, name) not in self._onward:
            self._onward[client, name] = asyncio.ensure_future(self._open(client))
        (await self._onward[client, name]).sendto(data)

    async def _open(self, client: Address) -> asyncio.DatagramTransport:
        loop = asyncio.get_running_loop()
        back = _Back(lambda data: self._clients.sendto(data, client))
        return (await loop.create_datagram_endpoint(lambda: back, remote_addr=self._server))[0]

    async def close(self) -> None:
        self._clients.close()
        for opening in self._onward.values():
            (await opening).close()


class _Back(asyncio.DatagramProtocol):
    def __init__(self, answer: Callable[[bytes], None]) -> None:
        self._answer = answer

    def datagram_received(self, data: bytes, server: Address) -> None:
        self._answer(data)


@asynccontextmanager
async def udp_way(server: Address, route: Route) -> AsyncIterator[int]:
    """The port of this machine's loopback from where datagrams go to the server."""
    loop = asyncio.get_running_loop()
    transport, way = await loop.create_datagram_endpoint(lambda: _Way(server, route), ("127.0.0.1", 0))
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        await way.close()
