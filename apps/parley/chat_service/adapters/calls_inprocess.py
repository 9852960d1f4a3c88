"""Calls in this process's memory."""

import time
from collections.abc import Callable, Collection, Sequence

from parley.chat_service.calls.commands import Command, Look
from parley.chat_service.calls.model import CLAIM_MS, Call, Line
from parley.chat_service.calls.rules import Outcome, change, due_ms


class InProcessCalls:
    """See the port. `clock` gives seconds since 1970 UTC."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lines: dict[str, Line] = {}
        self._claims: dict[str, dict[str, tuple[str, int]]] = {}

    async def change(self, conv: str, command: Command) -> Outcome:
        """See the port."""
        outcome = change(self._lines.get(conv, Line()), command, self._now_ms())
        self._lines[conv] = outcome.line
        if due_ms(outcome.line) is None:
            del self._lines[conv]
        return outcome

    async def live(self, convs: Collection[str]) -> Sequence[tuple[Call, int]]:
        """See the port."""
        lines = [self._lines.get(conv, Line()) for conv in convs]
        return [(line.live, self._now_ms()) for line in lines if line.live is not None]

    async def look(self) -> Sequence[Outcome]:
        """See the port."""
        now_ms = self._now_ms()
        due = [conv for conv, line in self._lines.items() if (due_ms(line) or 0) <= now_ms]
        return [await self.change(conv, Look()) for conv in due]

    async def claim(self, user: str, conv: str, claim: str) -> bool:
        """See the port."""
        if await self.engaged([user], conv):
            return False
        self._claims.setdefault(user, {})[claim] = (conv, self._now_ms() + CLAIM_MS)
        return True

    async def release(self, user: str, claim: str) -> None:
        """See the port."""
        self._claims.get(user, {}).pop(claim, None)
        if not self._claims.get(user):
            self._claims.pop(user, None)

    async def engaged(self, users: Collection[str], conv: str) -> frozenset[str]:
        """See the port."""
        return frozenset(user for user in users if any(it != conv for it in self._claimed(user)))

    def _claimed(self, user: str) -> set[str]:
        now_ms = self._now_ms()
        return {conv for conv, until_ms in self._claims.get(user, {}).values() if until_ms > now_ms}

    def _now_ms(self) -> int:
        return round(self._clock() * 1000)
