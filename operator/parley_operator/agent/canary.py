"""An allocation of our own: whether the relay accepts a key is asked of the relay, since nothing else knows.

Signed as rtc-service signs (RFC 8656, `use-auth-secret` of coturn), of a person who is nobody, and given back at once.
"""

import asyncio
import base64
import hmac
import os
import time
from contextlib import suppress
from enum import StrEnum

from aioice import stun, turn

PATIENCE_S = 5.0
_TTL_S = 60
_UNAUTHORIZED = 401
_NO_ROOM = (486, 508)
"""Told only to somebody who was let in."""


class Answer(StrEnum):
    """What became of an allocation; SILENT is also every other code, which says nothing about the key."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    SILENT = "silent"


async def ask(server: tuple[str, int], secret: str) -> Answer:
    """Try a secret at a relay over UDP. Never raises for what the network or the relay does."""
    username = f"{int(time.time()) + _TTL_S}:canary-{os.urandom(8).hex()}"
    password = base64.b64encode(hmac.digest(secret.encode(), username.encode(), "sha1")).decode()
    loop = asyncio.get_running_loop()
    made = loop.create_datagram_endpoint(
        lambda: turn.TurnClientUdpProtocol(server, username, password, _TTL_S, _TTL_S), remote_addr=server
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await _allocated((await made)[1])
    except (TimeoutError, OSError):
        return Answer.SILENT


async def _allocated(client: turn.TurnClientUdpProtocol) -> Answer:
    try:
        await client.connect()
    except stun.TransactionFailed as failed:
        code = failed.response.error_code
        return Answer.REFUSED if code == _UNAUTHORIZED else Answer.ACCEPTED if code in _NO_ROOM else Answer.SILENT
    except stun.TransactionTimeout:
        return Answer.SILENT
    else:
        # One that cannot be given back ends by itself in a minute.
        with suppress(stun.TransactionError):
            await client.delete()
        return Answer.ACCEPTED
    finally:
        client.transport.close()
