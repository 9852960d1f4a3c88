"""One send to each socket and nothing else: what a delivery costs on this machine at the least, if each has a send.

Not a server that anybody could use; it is here because the cost of a send differs more between machines, and between
quiet and busy hours of one, than anything that Parley does. Started by `servers.py`.
"""

import asyncio
import signal
import socket
from typing import Any

import uvloop
from bench import wire

_LIFETIME_S = 600

members: dict[asyncio.Protocol, asyncio.WriteTransport] = {}


class Bare(asyncio.Protocol):
    """A member from the upgrade on; every frame goes to all. Frames must come one at a time, as the generator's do."""

    def connection_made(self, transport: Any) -> None:
        self._transport: asyncio.WriteTransport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        members.pop(self, None)

    def data_received(self, data: bytes) -> None:
        if self in members:
            frame = wire.from_client(data)
            for transport in members.values():
                transport.write(frame)
        else:
            members[self] = self._transport
            self._transport.write(wire.UPGRADED)


async def serve() -> None:
    bound = socket.create_server(("127.0.0.1", 0), backlog=2048)
    server = await asyncio.get_running_loop().create_server(Bare, sock=bound)
    print(bound.getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    signal.alarm(_LIFETIME_S)
    uvloop.run(serve())
