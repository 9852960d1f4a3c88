"""A cluster: several servers, each of which has some of the keys.

A map says which node has which slot. It is asked for when it is first needed and whenever a node failed to answer;
a node that has lost a slot says who has it now. Whatever is published reaches subscribers at every node, so all of it
goes to one node, and to another one when that fails.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from redis.asyncio.connection import AbstractConnection
from redis.crc import key_slot
from redis.exceptions import AskError, ClusterDownError, MovedError
from redis.exceptions import ConnectionError as AwayError
from redis.exceptions import TimeoutError as LateError

from parley.redis.commands import Command, command
from parley.redis.refusals import AWAY, refusal
from parley.redis.server import OneServer, all_or_raise
from parley.redis.timing import LOOKUP_ANSWERS_WITHIN_S
from parley.redis.urls import Node

_REDIRECTS = 5
"""How often a command is sent on before the cluster counts as away; each takes one more round trip."""


class Cluster:
    """See Server. `seeds` are some of its nodes; the others are learnt from them."""

    def __init__(self, seeds: Sequence[Node], open_node: Callable[[Node], OneServer]) -> None:
        self._known, self._open_node = set(seeds), open_node
        self._seeds = frozenset(seeds)
        self._nodes: dict[Node, OneServer] = {}
        self._slots: dict[int, Node] = {}
        self._looking: asyncio.Task[None] | None = None
        self._publishing_to: Node | None = None
        self._heard_at: Node | None = None

    async def attempt(self, commands: Sequence[Command]) -> list[Any]:
        """See Server."""
        answers: dict[int, Any] = {}
        missing: Collection[int] = range(len(commands))
        for _ in range(_REDIRECTS):
            if not self._slots:
                await self._look()
            answers |= await self._unless_given_up(self._round(commands, missing, answers))
            missing = [at for at in missing if isinstance(answers[at], MovedError | AskError)]
            if not missing:
                break
        if any(isinstance(answer, _STALE) for answer in answers.values()):
            self._slots = {}
        return [answers[at] for at in range(len(commands))]

    async def carry_out(self, commands: Sequence[Command]) -> list[Any]:
        """See Server."""
        return all_or_raise(await self.attempt(commands))

    async def ask(self, one: Command) -> Any:
        """See Server."""
        (answer,) = await self.carry_out([one])
        return answer

    async def publish(self, payloads: Sequence[tuple[str, bytes]]) -> None:
        """See Server."""
        if self._publishing_to not in self._known:
            self._publishing_to = self._other_than(None)
        try:
            await self._node(self._publishing_to).publish(payloads)
        except AWAY:
            self._publishing_to = self._other_than(self._publishing_to)
            self._slots = {}
            raise

    async def check(self) -> None:
        """See Server."""
        try:
            await self.ask(command("EXISTS", "any"))
        except AWAY as error:
            raise refusal(error) or error from error

    def listening(self) -> AbstractConnection:
        """See Server: at any node, and at another one than last time if there is one."""
        self._heard_at = self._other_than(self._heard_at)
        return self._node(self._heard_at).listening()

    async def close(self) -> None:
        """See Server."""
        if self._looking is not None:
            self._looking.cancel()
        await asyncio.gather(*(node.close() for node in self._nodes.values()))

    async def _unless_given_up(self, answers: Awaitable[dict[int, Any]]) -> dict[int, Any]:
        try:
            return await answers
        except asyncio.CancelledError:
            # Whoever waits less long than the driver would be led to a node that hangs again and again.
            self._slots = {}
            raise

    async def _round(
        self, commands: Sequence[Command], places: Iterable[int], before: Mapping[int, Any]
    ) -> dict[int, Any]:
        """Send these commands where they belong now, those of one node together."""
        by_node: defaultdict[tuple[Node, bool], list[int]] = defaultdict(list)
        for at in places:
            redirect = before.get(at)
            is_guest = isinstance(redirect, AskError)
            by_node[_target(redirect) if is_guest else self._holder(commands[at].key), is_guest].append(at)
        asked = (self._at_node(node, [commands[at] for at in some], is_guest=g) for (node, g), some in by_node.items())
        answers = await asyncio.gather(*asked)
        return {
            at: it
            for some, given in zip(by_node.values(), answers, strict=True)
            for at, it in zip(some, given, strict=True)
        }

    async def _at_node(self, node: Node, commands: Sequence[Command], *, is_guest: bool) -> Sequence[Any]:
        try:
            server = self._node(node)
            answers = await (_as_guest(server, commands) if is_guest else server.attempt(commands))
        except AWAY as error:
            return [error] * len(commands)
        for answer in answers:
            if isinstance(answer, MovedError) and self._slots:
                answer.host = answer.host or node[0]
                self._slots[answer.slot_id] = _target(answer)
        return answers

    def _holder(self, key: str) -> Node:
        holder = self._slots.get(key_slot(key.encode()))
        if holder is None:
            self._slots = {}
            raise AwayError("no node of the cluster has the slot of a key")
        return holder

    def _node(self, node: Node) -> OneServer:
        if node not in self._nodes:
            self._nodes[node] = self._open_node(node)
        return self._nodes[node]

    def _other_than(self, node: Node | None) -> Node:
        others = self._known - {node} or self._known
        return random.choice(sorted(others))  # noqa: S311 -- spreads, protects nothing

    async def _look(self) -> None:
        # Whoever needs the map meanwhile waits for the same answer.
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._learn())
            self._looking.add_done_callback(lambda task: task.cancelled() or task.exception())
        await asyncio.shield(self._looking)

    async def _learn(self) -> None:
        failed: BaseException | None = None
        for node in random.sample(sorted(self._known), len(self._known)):
            try:
                async with asyncio.timeout(LOOKUP_ANSWERS_WITHIN_S):
                    (found,) = all_or_raise(await self._node(node).say([("CLUSTER", "SLOTS")]))
            except AWAY as error:
                failed = error
            else:
                await self._take_map(node, found)
                return
        raise AwayError(f"no node of the cluster answers: {failed}") from failed

    async def _take_map(self, told_by: Node, ranges: Sequence[Sequence[Any]]) -> None:
        slots: dict[int, Node] = {}
        known = set(self._seeds)
        for first, last, *holders in ranges:
            nodes = [((host or b"").decode() or told_by[0], int(port)) for host, port, *_ in holders]
            known.update(nodes)
            slots.update(dict.fromkeys(range(first, last + 1), nodes[0]))
        gone = [self._nodes.pop(node) for node in set(self._nodes) - known]
        self._slots, self._known = slots, known
        await asyncio.gather(*(node.close() for node in gone))


_STALE = (ClusterDownError, AwayError, LateError, OSError)


async def _as_guest(server: OneServer, commands: Sequence[Command]) -> Sequence[Any]:
    # A key on its way from one node to another is had from the other one only by who was sent there.
    words = [said for it in commands for said in (("ASKING",), it.in_full or it.words)]
    return (await server.say(words))[1::2]


def _target(redirect: Any) -> Node:
    return redirect.host, redirect.port
