"""A fan-out that keeps less than its promise: what is lost, late or heard twice is drawn from a seed."""

import asyncio
import random

from parley.fanout.inprocess import InProcessFanout
from parley.fanout.port import Listener, Subscriber


class LossyFanout:
    """Loses notices, lets others overtake, delivers some twice, each listener for itself."""

    def __init__(self, seed: int, loss: float) -> None:
        self._rng, self._loss = random.Random(seed), loss
        self._inner = InProcessFanout()
        self.lost = 0

    async def publish(self, channel: str, payload: bytes) -> None:
        await self._inner.publish(channel, payload)

    def listen(self, listener: Listener) -> Subscriber:
        return self._inner.listen(_Ear(self, listener))

    async def check(self) -> None:
        await self._inner.check()

    def heard(self, listener: Listener, channel: str, payload: bytes) -> None:
        fate = self._rng.random()
        if fate < self._loss:
            self.lost += 1
        elif fate < 2 * self._loss:
            turns = self._rng.randint(1, 5)
            self._later(turns, listener, channel, payload)
        else:
            listener.on_message(channel, payload)
            if fate > 1 - self._loss:
                self._later(2, listener, channel, payload)

    def _later(self, turns: int, listener: Listener, channel: str, payload: bytes) -> None:
        loop = asyncio.get_running_loop()
        if turns:
            loop.call_soon(self._later, turns - 1, listener, channel, payload)
        else:
            listener.on_message(channel, payload)


class _Ear:
    def __init__(self, fanout: LossyFanout, listener: Listener) -> None:
        self._fanout, self._listener = fanout, listener

    def on_message(self, channel: str, payload: bytes) -> None:
        self._fanout.heard(self._listener, channel, payload)

    def on_lost(self) -> None:
        self._listener.on_lost()
