"""What the kubelet and Prometheus ask an agent, over HTTP: /started, /ready, /alive and /metrics.

`/started` holds coturn and rtc-service back until a ring is in force; coturn's own readiness asks `/ready`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from parley_operator.agent.agent import Agent

_PATIENCE_S = 5.0


class Probes:
    """Answers for one agent."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self.registry = CollectorRegistry()
        revision = Gauge("turn_ring_revision", "Revision of the ring that is in force here.", registry=self.registry)
        revision.set_function(lambda: agent.applied.revision)
        ready = Gauge("turn_ring_ready", "1 while the ring is in force and was seen to be.", registry=self.registry)
        ready.set_function(lambda: agent.is_ready)

    def answer(self, path: str) -> tuple[int, bytes]:
        """Status and body."""
        states = {"/started": self._agent.started.is_set(), "/ready": self._agent.is_ready, "/alive": True}
        if path == "/metrics":
            return 200, generate_latest(self.registry)
        if path not in states:
            return 404, b"not found\n"
        return (200, b"yes\n") if states[path] else (503, b"not yet\n")

    @asynccontextmanager
    async def served(self, host: str, port: int) -> AsyncIterator[int]:
        """Answer meanwhile; yields the port."""
        server = await asyncio.start_server(self._talk, host, port, limit=4096)
        async with server:
            yield server.sockets[0].getsockname()[1]

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                head = await reader.readuntil(b"\r\n\r\n")
                words = head.split(b" ", 2)
                status, body = self.answer(words[1].decode("latin-1") if len(words) > 2 else "")
                writer.write(b"HTTP/1.1 %d \r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (status, len(body)))
                writer.write(body)
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            # Whoever asks badly, or goes away, gets no answer.
            return
        finally:
            writer.close()
