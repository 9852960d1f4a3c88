"""The first question of who somebody is, put to a coturn that has just begun.

It makes the tables of its database when it is first asked that, and refuses whoever asks at the same moment: of two
people in the first call one would be told 401. Next: `child.py`, which lets nobody in before.
"""

import asyncio
import secrets
import time

from aioice import stun, turn

_LASTS_S = 60


async def ask_first(host: str, port: int) -> None:
    """Return once the server has refused a stranger, whom it must look up for that; or does not answer."""
    # One that has expired would be refused without a look.
    username, password = f"{int(time.time()) + _LASTS_S}:stranger", secrets.token_hex(16)
    loop, server = asyncio.get_running_loop(), (host, port)
    transport, client = await loop.create_datagram_endpoint(
        lambda: turn.TurnClientUdpProtocol(server, username, password, _LASTS_S, _LASTS_S), remote_addr=server
    )
    try:
        await client.connect()
    except stun.TransactionError:
        # As it should be.
        return
    finally:
        transport.close()
