"""`parley-operator agent`: the agent of one pod, put together."""

import asyncio
import os
import signal
from contextlib import suppress

from lightkube import AsyncClient

from parley_operator.agent import settings as configured
from parley_operator.agent.agent import Agent
from parley_operator.agent.kubernetes import KubernetesLease, KubernetesRing
from parley_operator.agent.minter import Minter
from parley_operator.agent.ports import Keeper
from parley_operator.agent.probes import Probes
from parley_operator.agent.relay import Relay
from parley_operator.agent.settings import Settings
from parley_operator.ring.model import Role


def main() -> None:
    """Serve until SIGTERM. Raises BadSettings."""
    asyncio.run(_serve(configured.read(os.environ)))


async def _serve(settings: Settings) -> None:
    client = AsyncClient()
    keeper = _keeper(settings)
    lease = KubernetesLease(client, pod=settings.pod, uid=settings.uid, ring=settings.secret, role=keeper.role)
    agent = Agent(keeper, KubernetesRing(client, settings.secret), lease)
    running = asyncio.create_task(agent.run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    # Probes come from the node, so that loopback would not do.
    async with Probes(agent).served("", settings.probe_port):
        with suppress(asyncio.CancelledError):
            await running
    await client.close()


def _keeper(settings: Settings) -> Keeper:
    if settings.role is Role.MINTER:
        return Minter(settings.file)
    return Relay(settings.database, settings.realm, settings.server)
