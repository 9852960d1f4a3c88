"""Allocations without an end at the local cluster's relay, each with a credential that rtc-service has just handed out.

Next: `turn_client.py`, one allocation.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from conformance.client import Client, Person
from support.cluster_gateway import behind_gateway
from support.cluster_people import at_rtc
from support.turn_client import OK, turn_client

from parley.turn.credentials import Credential
from parley_operator.agent.canary import Answer, ask

RELAY = ("127.0.0.1", 3478)
"""Where kind-config.yaml leads to coturn."""

_CLIENTS = 3
_USED_AT_THE_SAME_PORT = 437
_MARGIN_S = 1.5
"""The relay counts whole seconds, and a busy machine takes its time to send."""


class Allocations:
    """What became of them. `refused` are codes of those whose credential had not ended; none is the promise."""

    def __init__(self) -> None:
        self.succeeded, self.refused, self.kinds = 0, Counter[int](), Counter[str]()

    async def run(self, http: Client, path: str) -> None:
        """Ask rtc-service, wait for a part of the credential's life, allocate, until cancelled."""
        while True:
            credential = await _credential(http, path)
            left_s = credential.expires_s - time.time() - _MARGIN_S
            await asyncio.sleep(random.choice([0.0, random.uniform(0, max(0.0, left_s))]))
            await self._use(credential)

    async def _use(self, credential: Credential) -> None:
        while True:
            async with turn_client(RELAY, credential) as client:
                code = await client.allocate()
            if code != _USED_AT_THE_SAME_PORT:
                break
            # coturn remembers a port at which it has refused somebody; a client takes another one.
            self.kinds["another port"] += 1
        if code == OK:
            self.succeeded += 1
        elif time.time() < credential.expires_s - 1:
            self.refused[code] += 1
        else:
            self.kinds["ended meanwhile"] += 1

    def figures(self) -> str:
        """For people."""
        return f"{self.succeeded} allocations, refused {dict(self.refused)}, else {dict(self.kinds)}"


async def _credential(http: Client, path: str) -> Credential:
    document = await http.get(path, params={"participant": http.person.email})
    server = next(it for it in document["ice_servers"] if "username" in it)
    return Credential(server["username"], server["credential"], int(server["username"].split(":")[0]), 0)


@asynccontextmanager
async def allocating(person: Person, callee: Person) -> AsyncIterator[Allocations]:
    """Meanwhile this person allocates; the session from which the credentials come is the two's."""
    load = Allocations()
    async with behind_gateway(person) as chat, behind_gateway(at_rtc(person)) as http:
        found = await chat.ask("POST", "/api/conversations", json={"kind": "direct", "members": [callee.id]})
        begun = {"initiator": person.email, "conversation_id": found.json()["conv"]}
        path = f"/sessions/{(await http.post('/sessions', begun, 201))['session']['id']}"
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(load.run(http, path)) for _ in range(_CLIENTS)]
            yield load
            for it in running:
                it.cancel()


class Tries:
    """What the relay said of one secret, and when, by the clock of this machine and in seconds."""

    def __init__(self) -> None:
        self.at: list[tuple[float, Answer]] = []

    async def run(self, secret: str) -> None:
        """Try it again and again, until cancelled."""
        while True:
            begun, answer = time.time(), await ask(RELAY, secret)
            if answer is not Answer.SILENT:
                self.at.append((begun, answer))
            await asyncio.sleep(0.5)

    def before(self, moment: float) -> set[Answer]:
        """What was said to whoever asked before it."""
        return {answer for when, answer in self.at if when < moment}

    @property
    def last(self) -> Answer:
        """What was said last."""
        return self.at[-1][1]
