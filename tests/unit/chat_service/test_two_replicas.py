"""Random histories over two replicas, judged by what each window saw.

The fan-out loses, reorders and repeats, and the log is answered late now and then.
"""

import asyncio
import random

import pytest
from support.chatting import LOBBY, Chat, Window, chatting
from support.interposing import Interposed
from support.lossy_fanout import LossyFanout

ROUNDS = 24
MESSAGES = 40


class Person:
    """Somebody who reconnects now and then, here or there, with the cursor that they have, as a client does."""

    def __init__(self, chat: Chat, replicas, name: str, rng: random.Random) -> None:
        self._chat, self._replicas, self._name, self._rng = chat, replicas, name, rng
        self.seen: list[int] = []
        self.window: Window | None = None

    async def connect(self) -> None:
        cursor = [1, self.seen[-1] if self.seen else 0]
        window = self._chat.window(self._rng.choice(self._replicas), self._name)
        self.window = await window.greet({LOBBY: cursor})

    async def disconnect(self) -> None:
        if self.window is not None:
            await self.window.leave()
            self.note()
            self.window = None

    def note(self) -> None:
        """What this connection delivered, in the order in which it came."""
        if self.window is not None:
            self.seen += [d["seq"] for d in self.window.pushes("msg")]

    async def say(self, number: int) -> None:
        if self.window is None:
            await self.connect()
        if self._rng.random() < 0.15:
            await self.disconnect()
            await self.connect()
        if self._rng.random() < 0.1:
            self.window.wire.stop_reading()
        await self.window.say(LOBBY, f"{self._name} {number}")
        self.window.wire.go_on_reading()


def dawdling(rng: random.Random):
    """A step that lets everybody else go on for a while, now and then."""

    async def step(_: str) -> None:
        for _ in range(rng.choice([0, 0, 0, 300])):
            await asyncio.sleep(0)

    return step


async def history(folder, seed: int) -> tuple[LossyFanout, list[Person], int]:
    rng, fanout = random.Random(seed), LossyFanout(seed, 0.15)
    async with chatting(folder, fanout) as chat:
        names = ["ann", "bob", "eve", "kim"]
        await chat.people(*names)
        log = Interposed(chat.engines.log, dawdling(rng))
        replicas = [chat.replica(log=log), chat.replica(log=log)]
        people = [Person(chat, replicas, name, rng) for name in names]

        async def speak(person: Person) -> None:
            for number in range(MESSAGES // len(people)):
                await person.say(number)

        await asyncio.gather(*map(speak, people))
        head = (await chat.engines.log.heads([LOBBY]))[LOBBY].seq
        for replica in replicas:
            await replica.component.routers[0].routes[0].endpoint._service._feed.check_all()
        for person in people:
            await person.window.until(lambda frame, window=person.window: window.cursor(LOBBY)[1] >= head)
            person.note()
        return fanout, people, head


@pytest.mark.parametrize("seed", range(ROUNDS))
async def test_every_window_sees_one_order_without_holes(tmp_path, seed):
    """Whatever the fan-out does, each person gets every entry exactly once and in order over all reconnections."""
    fanout, people, head = await history(tmp_path, seed)
    assert fanout.lost > 0
    assert head == MESSAGES
    for person in people:
        assert person.seen == list(range(1, head + 1))
