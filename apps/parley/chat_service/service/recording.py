"""The entry of a call in the log of its conversation: exactly one, whichever replicas try to write it.

Its identity is the call's id and caller, and every attempt walks from where the log stood when the call began.
"""

from parley.chat_service.calls.commands import Rebase, Recorded
from parley.chat_service.calls.model import Call, record
from parley.chat_service.ports import Calls
from parley.fanout.port import Fanout
from parley.messages.model import MAX_WALK, Cursor, Draft
from parley.messages.port import MessageLog, StaleCursor
from parley.messages.posting import post

_PAGE = 200


class Recording:
    """Writes what is to be kept of calls."""

    def __init__(self, *, calls: Calls, log: MessageLog, fanout: Fanout) -> None:
        self._calls, self._log, self._fanout = calls, log, fanout

    async def place(self, conv: str) -> tuple[int, int]:
        """Where the log of a conversation stands. Raises LogUnavailable."""
        head = (await self._log.heads([conv]))[conv]
        return head.epoch, head.seq

    async def record(self, call: Call) -> None:
        """Write the entry of a call that is over, and that it has been written. Raises LogUnavailable and more."""
        draft = Draft(conv=call.conv, id=call.id, sender=call.caller, kind="call", meta=record(call))
        try:
            await post(self._log, self._fanout, draft, Cursor(*call.after))
        except StaleCursor:
            if not await self._is_written(call):
                await self._calls.change(call.conv, Rebase(call.id, await self.place(call.conv)))
                return
        await self._calls.change(call.conv, Recorded(call.id))

    async def _is_written(self, call: Call) -> bool:
        # More than a walk of entries lies behind the call's beginning. All slots of that walk are filled, so an
        # earlier attempt has left the entry there or never will.
        seq, last = call.after[1], call.after[1] + MAX_WALK + 1
        while seq < last:
            page = await self._log.read_after(call.conv, seq, _PAGE)
            if any(it.id == call.id and it.sender == call.caller for it in page):
                return True
            if not page:
                return False
            seq += len(page)
        return False
