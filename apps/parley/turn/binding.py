"""Whether something at a UDP port speaks STUN: one Binding request (RFC 8489), asked until it is answered."""

import asyncio
import os

_BINDING, _ANSWERED = b"\x00\x01\x00\x00", b"\x01\x01"
_COOKIE = b"\x21\x12\xa4\x42"
_RTO_S = 0.05
"""First wait for an answer, doubled each time up to a second; the RFC's half second is for networks."""


async def answers(host: str, port: int) -> None:
    """Returns once a server at this port has answered; asks until then."""
    loop = asyncio.get_running_loop()
    request = _BINDING + _COOKIE + os.urandom(12)
    transport, protocol = await loop.create_datagram_endpoint(lambda: _Asking(request), remote_addr=(host, port))
    try:
        wait = _RTO_S
        while not protocol.answered.done():
            transport.sendto(request)
            await asyncio.wait([protocol.answered], timeout=wait)
            wait = min(1.0, 2 * wait)
    finally:
        transport.close()


class _Asking(asyncio.DatagramProtocol):
    def __init__(self, request: bytes) -> None:
        self._transaction = request[4:20]
        self.answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if data[:2] == _ANSWERED and data[4:20] == self._transaction and not self.answered.done():
            self.answered.set_result(None)

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there yet."""
