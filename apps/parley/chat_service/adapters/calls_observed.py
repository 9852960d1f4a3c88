"""Calls that tell how they fare: how many begin, how long they ring, and why they end.

Each change is told by the replica that has made it, so the sum over all replicas counts each call once.
"""

from collections.abc import Sequence

from parley.chat_service.calls.commands import Command
from parley.chat_service.calls.model import Call
from parley.chat_service.calls.rules import Outcome
from parley.chat_service.ports import Calls
from parley.telemetry.port import Meters


class ObservedCalls:
    """See the port; `calls` does the work. `rings_ms` is how long somebody is rung for at most."""

    def __init__(self, calls: Calls, meters: Meters, rings_ms: int) -> None:
        self._calls, self._meters, self._rings_ms = calls, meters, rings_ms
        self.live, self.claim, self.release, self.engaged = calls.live, calls.claim, calls.release, calls.engaged

    async def change(self, conv: str, command: Command) -> Outcome:
        """See the port."""
        outcome = await self._calls.change(conv, command)
        self._tell(outcome)
        return outcome

    async def look(self) -> Sequence[Outcome]:
        """See the port."""
        outcomes = await self._calls.look()
        for outcome in outcomes:
            self._tell(outcome)
        return outcomes

    def _tell(self, outcome: Outcome) -> None:
        for call in outcome.line:
            self._compare(outcome.before.find(call.id), call)

    def _compare(self, before: Call | None, call: Call) -> None:
        if before is None:
            self._meters.call_begun(call.media)
        if call.active_ms and not (before and before.active_ms):
            self._rang(call, "answered", call.active_ms)
        if call.ended_ms and not (before and before.ended_ms):
            self._meters.call_ended(call.reason)
            if not call.active_ms:
                self._rang(call, call.reason, call.ended_ms)

    def _rang(self, call: Call, result: str, until_ms: int) -> None:
        began_ms = call.rings_until_ms - self._rings_ms
        self._meters.call_rang(result, max(0, until_ms - began_ms) / 1000)
