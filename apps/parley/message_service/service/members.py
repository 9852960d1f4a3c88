"""Who joins and leaves: claimed in the database, written into the log, settled in the database.

The two stores share no transaction. They agree because the claim holds everything that its log entry needs: whoever
finds a claim that was never settled appends the same entry again, which finds the first one if it is there.
"""

import asyncio
import logging

from parley.contracts import frames
from parley.contracts.problems import ProblemError
from parley.conversations.model import Change, Conversation, MembershipChange
from parley.conversations.port import Conversations
from parley.fanout import channels
from parley.fanout.port import Fanout
from parley.identity.model import new_id
from parley.identity.port import Accounts
from parley.message_service.errors import FixedMembers, NotOwner, UnknownConversation, UnknownPerson
from parley.message_service.model import Page, Seat
from parley.messages.model import Cursor, Draft, Entry
from parley.messages.port import MessageLog, StaleCursor
from parley.messages.posting import post

ABANDONED_MS = 10_000
"""A claim older than this belongs to nobody: no request lives that long."""

SWEEP_EVERY_S = 5.0
"""How often abandoned claims are looked for; for so long may somebody be a member against what the log says."""

_PAGE = 200
_log = logging.getLogger("parley.message_service.members")


class MemberService:
    """Each method but the sweeper's acts for one signed-in account."""

    def __init__(self, *, conversations: Conversations, accounts: Accounts, log: MessageLog, fanout: Fanout) -> None:
        self._conversations, self._accounts, self._log, self._fanout = conversations, accounts, log, fanout

    async def page(self, account: str, conv: str, limit: int, after: str | None) -> Page[Seat]:
        """Current and former members by account id. Raises UnknownConversation."""
        conversation = await self._find(account, conv)
        found = await self._conversations.members(conv, limit + 1, after)
        shown, users = found[:limit], [it.account for it in found[:limit]]
        marks = await self._log.marks_in(conv, users) if conversation.has_receipts else {}
        seats = [Seat(member=it, read=marks.get(it.account)) for it in shown]
        return Page(seats, users[-1] if len(found) > limit else None)

    async def add(self, account: str, conv: str, user: str) -> None:
        """Make `user` a member. Raises UnknownConversation, FixedMembers, UnknownPerson and GroupFull."""
        await self._find_group(account, conv)
        if not await self._accounts.get([user]):
            raise UnknownPerson
        await self._change(conv, user, account, "joined")

    async def remove(self, account: str, conv: str, user: str) -> None:
        """End a membership: one's own or, for the owner, another's.

        Raises UnknownConversation, FixedMembers and NotOwner.
        """
        group = await self._find_group(account, conv)
        if account not in (user, group.owner):
            raise NotOwner
        await self._change(conv, user, account, "left" if user == account else "removed")

    async def finish(self, change: MembershipChange) -> None:
        """Take a claimed change to its end; repeating it is the same as once. Raises StaleCursor and LogUnavailable."""
        draft = Draft(
            conv=change.conv,
            id=change.id,
            sender=change.by,
            kind="member",
            meta={"change": change.change, "user": change.account},
        )
        await self._settle(change, await post(self._log, self._fanout, draft, _after(change)))

    async def sweep(self) -> None:
        """Finish what was claimed and then abandoned."""
        for change in await self._conversations.unsettled(ABANDONED_MS):
            try:
                await self.finish(change)
            except StaleCursor:
                await self._recover(change)

    async def sweep_forever(self) -> None:
        """Sweep now and then, until cancelled."""
        while True:
            try:
                await self.sweep()
            except ProblemError as problem:
                # Told once by whoever watches the engines.
                _log.debug("abandoned changes of members stay as they are for now: %s", problem.slug)
            await asyncio.sleep(SWEEP_EVERY_S)

    async def _find(self, account: str, conv: str) -> Conversation:
        conversation = await self._conversations.find(conv, account)
        if conversation is None:
            raise UnknownConversation
        return conversation

    async def _find_group(self, account: str, conv: str) -> Conversation:
        conversation = await self._find(account, conv)
        if conversation.kind != "group":
            raise FixedMembers
        return conversation

    async def _change(self, conv: str, user: str, by: str, change: Change) -> None:
        head = (await self._log.heads([conv]))[conv]
        wanted = MembershipChange(
            id=new_id(), conv=conv, account=user, by=by, change=change, after_epoch=head.epoch, after_seq=head.seq
        )
        claimed = await self._conversations.claim(wanted)
        while claimed is not None and claimed != wanted:
            # Somebody else's change of the same person comes first; it is finished for them.
            await self.finish(claimed)
            claimed = await self._conversations.claim(wanted)
        if claimed is not None:
            await self.finish(claimed)

    async def _settle(self, change: MembershipChange, entry: Entry) -> None:
        if change.change == "joined":
            # Before the conversation shows up in their list, so that its past never counts as unread.
            await self._log.mark_read(change.conv, change.account, entry.seq)
        await self._conversations.settle(change, entry.seq)
        frame = frames.conversation_changed(change.conv, "added" if change.change == "joined" else "removed")
        notice = channels.Published(0, 0, frame)
        await self._fanout.publish(channels.account(change.account), channels.pack(notice))

    async def _recover(self, change: MembershipChange) -> None:
        # The log has moved on too far to append again. Nobody is doing so either, so what is not there will not come.
        entry = await self._find_entry(change)
        if entry is None:
            await self._conversations.withdraw(change)
        else:
            await self._settle(change, entry)

    async def _find_entry(self, change: MembershipChange) -> Entry | None:
        seq = change.after_seq
        while entries := await self._log.read_after(change.conv, seq, _PAGE):
            for entry in entries:
                if (entry.id, entry.sender) == (change.id, change.by):
                    return entry
            seq = entries[-1].seq
        return None


def _after(change: MembershipChange) -> Cursor:
    return Cursor(change.after_epoch, change.after_seq)
