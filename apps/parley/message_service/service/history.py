"""What was said: reading it, adding to it, and how far it was read."""

from parley.conversations.model import Conversation
from parley.conversations.port import Membership
from parley.fanout.port import Fanout
from parley.message_service.errors import UnknownConversation
from parley.message_service.model import History
from parley.messages.model import Cursor, Draft, Entry
from parley.messages.port import MessageLog
from parley.messages.posting import mark_read, post
from parley.ratelimits.port import RateLimits
from parley.ratelimits.sending import admit_sending


class HistoryService:
    """Each method acts for one signed-in account; what it may not see raises UnknownConversation."""

    def __init__(self, *, membership: Membership, log: MessageLog, fanout: Fanout, limits: RateLimits) -> None:
        self._membership, self._log, self._fanout, self._limits = membership, log, fanout, limits

    async def after(self, account: str, conv: str, seq: int, limit: int) -> History:
        """The entries that follow `seq`."""
        await self._find(account, conv)
        entries = await self._log.read_after(conv, seq, limit)
        # Read second, so that it is never behind what is shown.
        return History(head=(await self._log.heads([conv]))[conv], entries=entries)

    async def before(self, account: str, conv: str, seq: int | None, limit: int) -> History:
        """The entries that lead up to `seq`, or up to the newest."""
        await self._find(account, conv)
        head = (await self._log.heads([conv]))[conv]
        end = head.seq + 1 if seq is None else seq
        return History(head=head, entries=await self._log.read_before(conv, min(end, head.seq + 1), limit))

    async def send(self, draft: Draft, after: Cursor) -> Entry:
        """Append and publish, as `msg.send` does, from the same budget.

        Raises the `rate-limited` problem, NoSuchEntry, StaleCursor and LogUnavailable.
        """
        await self._find(draft.sender, draft.conv)
        await admit_sending(self._limits, draft.sender)
        return await post(self._log, self._fanout, draft, after)

    async def mark_read(self, account: str, conv: str, seq: int) -> int:
        """Move the read mark forward and tell those who are told; returns where it stands."""
        conversation = await self._find(account, conv)
        return await mark_read(self._log, self._fanout, conversation, account, seq)

    async def _find(self, account: str, conv: str) -> Conversation:
        conversation = await self._membership.find(conv, account)
        if conversation is None:
            raise UnknownConversation
        return conversation
