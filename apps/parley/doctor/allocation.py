"""One allocation on a TURN server, through aioice: what a browser gets when it gathers a relay candidate.

aioice's own errors end here: a refusal is `Refused` with the code of RFC 8656, silence is TimeoutError, and everything
that the system says is OSError. Next: `probes.py`, what is tried with allocations.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

from aioice import stun, turn

from parley.doctor.urls import TurnUrl
from parley.turn.credentials import Credential

Address = tuple[str, int]
T = TypeVar("T")

PATIENCE_S = 5.0
"""For one answer; in that time a lost packet has been sent again four times."""

_LIFETIME_S = 600
_REFRESH_S = 500


class Refused(Exception):
    """The server has answered, with an error. `code` as in RFC 8656 section 19: 401, 403, 486 …"""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Allocation:
    """A relay address of ours, `address`; `seen_from` is where the server sees us.

    Each method raises Refused, and TimeoutError if nothing comes.
    """

    def __init__(self, client: turn.TurnClientProtocol, address: Address) -> None:
        self._client, self.address = client, address
        # Every answer to an allocation has it; aioice lets no other one pass.
        self.seen_from: Address = client.mapped_address or ("", 0)
        self._packets: asyncio.Queue[bytes] = asyncio.Queue()
        client.receiver = _Receiver(self._packets)

    async def bind(self, peer: Address) -> None:
        """From now on packets come from this peer; Refused with 403 where the server denies it."""
        await self.send(b"", peer)

    async def send(self, packet: bytes, peer: Address) -> None:
        """Hand a packet to the relay; nobody says whether it arrives."""
        await _answered(self._client.send_data(packet, peer))

    def sender(self, peer: Address) -> Callable[[bytes], Awaitable[None]]:
        """`send`, always to the same peer."""
        return lambda packet: self.send(packet, peer)

    async def received(self) -> bytes:
        """The next packet with content that a bound peer has sent."""
        async with asyncio.timeout(PATIENCE_S):
            return await self._packets.get()


@asynccontextmanager
async def allocation(
    at: TurnUrl, address: Address, credential: Credential, trust: ssl.SSLContext | None = None
) -> AsyncIterator[Allocation]:
    """An allocation while the block runs. `address` is where the name of the URL leads; `trust` is for `turns:`.

    Raises Refused, TimeoutError, and OSError where there is no connection.
    """
    client = await _connected(at, address, credential, trust)
    try:
        relayed = await _answered(client.connect())
    except BaseException:
        client.transport.close()
        raise
    try:
        yield Allocation(client, relayed)
    finally:
        # One that cannot be given back ends by itself; what was found out before counts.
        with suppress(TimeoutError):
            await asyncio.wait_for(client.delete(), PATIENCE_S)


async def _connected(
    at: TurnUrl, address: Address, credential: Credential, trust: ssl.SSLContext | None
) -> turn.TurnClientProtocol:
    loop = asyncio.get_running_loop()
    who = (address, credential.username, credential.credential, _LIFETIME_S, _REFRESH_S)
    async with asyncio.timeout(PATIENCE_S):
        if at.transport == "udp":
            return (await loop.create_datagram_endpoint(lambda: turn.TurnClientUdpProtocol(*who), None, address))[1]
        tls = trust or ssl.create_default_context() if at.is_tls else None
        name = at.host if at.is_tls else None
        made = loop.create_connection(lambda: turn.TurnClientTcpProtocol(*who), *address, ssl=tls, server_hostname=name)
        return (await made)[1]


async def _answered(request: Awaitable[T]) -> T:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await request
    except stun.TransactionFailed as error:
        raise Refused(error.response.error_code or 0) from None
    except stun.TransactionTimeout:
        raise TimeoutError from None


class _Receiver(asyncio.DatagramProtocol):
    def __init__(self, packets: asyncio.Queue[bytes]) -> None:
        self._packets = packets

    def datagram_received(self, data: bytes, addr: Address) -> None:
        if data:
            self._packets.put_nowait(data)
