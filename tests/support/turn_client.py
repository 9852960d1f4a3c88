"""A TURN client that asks for what no browser would, and tells with which code it was refused.

aioice does the messages and the authentication; the requests are ours.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aioice import stun, turn

from parley.turn.credentials import Credential, mint

OK = 0
V4, V6 = 1, 2
UDP, TCP = turn.UDP_TRANSPORT, turn.TCP_TRANSPORT

_FAMILY = (0x0017, "REQUESTED-ADDRESS-FAMILY", lambda family: bytes([family, 0, 0, 0]), lambda data: data[0])
stun.ATTRIBUTES_BY_NAME[_FAMILY[1]] = stun.ATTRIBUTES_BY_TYPE[_FAMILY[0]] = _FAMILY


class TurnClient:
    """One socket towards a TURN server. Each request returns the code of its error, or OK."""

    def __init__(self, inner: turn.TurnClientUdpProtocol) -> None:
        self._inner = inner
        self.relayed: tuple[str, int] | None = None
        self.told: dict = {}

    async def allocate(self, *, family: int = V4, transport: int = UDP, lifetime: int = 600) -> int:
        """Ask for a relay address, and keep it as `relayed`, everything that was told with it as `told`."""
        wanted = {"LIFETIME": lifetime, "REQUESTED-TRANSPORT": transport}
        if family != V4:
            wanted["REQUESTED-ADDRESS-FAMILY"] = family
        code, self.told = await self._ask(stun.Method.ALLOCATE, wanted)
        self.relayed = self.told.get("XOR-RELAYED-ADDRESS")
        return code

    async def permit(self, peer: str) -> int:
        """Ask that packets of this address be let through."""
        return (await self._ask(stun.Method.CREATE_PERMISSION, {"XOR-PEER-ADDRESS": (peer, 4242)}))[0]

    async def bind(self, peer: str, channel: int) -> int:
        """Ask for a channel to this address, which permits it as well."""
        wanted = {"CHANNEL-NUMBER": channel, "XOR-PEER-ADDRESS": (peer, 4242)}
        return (await self._ask(stun.Method.CHANNEL_BIND, wanted))[0]

    async def refresh(self, lifetime: int) -> int:
        """Ask for more time, or with 0 give the address back."""
        return (await self._ask(stun.Method.REFRESH, {"LIFETIME": lifetime}))[0]

    async def _ask(self, method: stun.Method, attributes: dict) -> tuple[int, dict]:
        request = stun.Message(method, stun.Class.REQUEST, attributes=attributes)
        async with asyncio.timeout(10):
            try:
                answer, _ = await self._inner.request_with_retry(request)
            except stun.TransactionFailed as failed:
                return failed.response.error_code, {}
        return OK, answer.attributes


@asynccontextmanager
async def turn_client(
    server: tuple[str, int], credential: Credential | None, local: str | None = None
) -> AsyncIterator[TurnClient]:
    """A client, whose allocation is given back afterwards; without a credential it does not know how to sign.

    `local` is the address that it has, where that matters."""
    name, word = (credential.username, credential.credential) if credential else (None, None)
    loop = asyncio.get_running_loop()
    transport, inner = await loop.create_datagram_endpoint(
        lambda: turn.TurnClientUdpProtocol(server, name, word, 600, 500),
        local_addr=(local, 0) if local else None,
        remote_addr=server,
    )
    client = TurnClient(inner)
    try:
        try:
            yield client
        finally:
            if client.relayed:
                await client.refresh(0)
    finally:
        # Also when the relay does not answer any more.
        transport.close()


def credential(*secrets: str, user: str = "ann", ttl_s: int = 600) -> Credential:
    """What rtc-service would hand out."""
    return mint(secrets, user, time.time(), ttl_s)
