"""What is tried at one TURN URL, in the order of a call: find it, allocate, look at its clock, relay a packet.

Each allocation is of another user, so that it counts for no quota but the total. Next: `checks.py`, what the
answers mean.
"""

import asyncio
import os
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import replace

from parley.doctor.allocation import Address, Allocation, Refused, allocation
from parley.doctor.checks import CLOCK_WINDOW_S, Reach, Seen
from parley.doctor.urls import TurnUrl, parse
from parley.turn.credentials import Credential, mint

_PACKETS = 5
_ANY_PORT = 9
"""A permission is for an address with all its ports."""
_TTL_S = 600
_LASTING_S = 10 * 365 * 86_400


async def examine(text: str, secrets: Sequence[str], trust: ssl.SSLContext | None = None) -> Seen:
    """Everything to be seen at a URL. `secrets` as in the ring, the signing one first; `trust` is for `turns:`."""
    url = parse(text)
    try:
        address = await _address(url)
    except OSError:
        return Seen(url=text, reach=Reach.NO_SUCH_NAME)
    probe = _Probe(url, address, secrets, trust)
    try:
        return await probe.run()
    except ssl.SSLCertVerificationError:
        return Seen(url=text, reach=Reach.BAD_CERTIFICATE)
    except TimeoutError:
        return Seen(url=text, reach=Reach.SILENT)
    except OSError:
        return Seen(url=text, reach=Reach.CLOSED)


async def _address(url: TurnUrl) -> Address:
    kind = socket.SOCK_DGRAM if url.transport == "udp" else socket.SOCK_STREAM
    found = await asyncio.get_running_loop().getaddrinfo(url.host, url.port, type=kind)
    host, port = found[0][4][:2]
    return str(host), int(port)


class _Probe:
    def __init__(self, url: TurnUrl, address: Address, secrets: Sequence[str], trust: ssl.SSLContext | None) -> None:
        self._url, self._address, self._secrets, self._trust = url, address, secrets, trust

    async def run(self) -> Seen:
        seen = Seen(url=self._url.text)
        try:
            if not await self._is_taken(self._signed(_TTL_S)):
                return replace(seen, refusal=401, is_lasting_taken=await self._is_taken(self._signed(_LASTING_S)))
            return await self._relay(await self._signatures(seen))
        except Refused as refused:
            return replace(seen, refusal=refused.code)

    async def _signatures(self, seen: Seen) -> Seen:
        """Of credentials that end about now, and of the other secrets."""
        return replace(
            seen,
            just_ended=await self._is_taken(self._signed(-CLOCK_WINDOW_S)),
            about_to_end=await self._is_taken(self._signed(CLOCK_WINDOW_S)),
            other_secrets=tuple([await self._is_taken(self._signed(_TTL_S, it)) for it in self._secrets[1:]]),
        )

    def _signed(self, ttl_s: int, secret: str | None = None) -> Credential:
        return mint([secret or self._secrets[0]], f"doctor-{os.urandom(8).hex()}", time.time(), ttl_s)

    async def _is_taken(self, credential: Credential) -> bool:
        """Whether there is an allocation for it. Raises Refused for every reason but the credential."""
        try:
            async with allocation(self._url, self._address, credential, self._trust):
                return True
        except Refused as refused:
            if refused.code != 401:
                raise
            return False

    async def _relay(self, seen: Seen) -> Seen:
        async with AsyncExitStack() as stack:
            ours, theirs = [await stack.enter_async_context(self._opened()) for _ in range(2)]
            seen = replace(seen, relay=theirs.address[0])
            try:
                await theirs.bind(ours.address)
                await ours.bind(theirs.address)
            except Refused as refused:
                return replace(seen, peer_refusal=refused.code)
            seen = replace(seen, arrived=await _arrives(ours.sender(theirs.address), theirs))
            return replace(seen, arrived_directly=await _arrives_directly(theirs))

    def _opened(self) -> AbstractAsyncContextManager[Allocation]:
        return allocation(self._url, self._address, self._signed(_TTL_S), self._trust)


async def _arrives_directly(theirs: Allocation) -> bool | None:
    """Whether a packet from this machine gets to the relay address; None where the server denies this machine."""
    try:
        await theirs.bind((theirs.seen_from[0], _ANY_PORT))
    except Refused:
        return None
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=theirs.address)
    try:
        return await _arrives(_sent_by(transport), theirs)
    finally:
        transport.close()


def _sent_by(transport: asyncio.DatagramTransport) -> Callable[[bytes], Awaitable[None]]:
    async def send(packet: bytes) -> None:
        transport.sendto(packet)

    return send


async def _arrives(send: Callable[[bytes], Awaitable[None]], theirs: Allocation) -> bool:
    """Whether one packet of several gets there; over a network a single one may be lost."""
    packet = os.urandom(32)
    for _ in range(_PACKETS):
        await send(packet)
    try:
        while await theirs.received() != packet:
            pass
    except TimeoutError:
        return False
    return True
