"""Conversations as their members see them: list, make, rename."""

import asyncio
from collections.abc import Collection, Sequence

from parley.contracts import frames
from parley.conversations.model import Conversation
from parley.conversations.port import Conversations, VersionMismatch
from parley.fanout import channels
from parley.fanout.port import Fanout
from parley.identity.model import Account, new_id
from parley.identity.port import Accounts
from parley.message_service.errors import FixedTitle, UnknownConversation, UnknownMembers
from parley.message_service.model import Page, View
from parley.messages.model import Head
from parley.messages.port import MessageLog
from parley.messages.posting import read_marks

EMPTY = Head(1, 0)
"""The head of a log without entries."""


class ConversationService:
    """Each method acts for one signed-in account; what it may not see raises UnknownConversation."""

    def __init__(self, *, conversations: Conversations, accounts: Accounts, log: MessageLog, fanout: Fanout) -> None:
        self._conversations, self._accounts, self._log, self._fanout = conversations, accounts, log, fanout

    async def find(self, account: str, conv: str) -> Conversation:
        """The conversation itself."""
        found = await self._conversations.find(conv, account)
        if found is None:
            raise UnknownConversation
        return found

    async def view(self, account: str, conv: str) -> View:
        """The conversation as this member sees it."""
        return await self._view(account, await self.find(account, conv))

    async def page(self, account: str, limit: int, after: str | None) -> Page[View]:
        """Conversations by id, with as many queries for a hundred as for one."""
        found = await self._conversations.list_of(account, limit + 1, after)
        rest_after = found[limit - 1].id if len(found) > limit else None
        return Page(await self._views(account, found[:limit]), rest_after)

    async def people(self, account: str, prefix: str, limit: int, after: str | None) -> Page[Account]:
        """Whom this account may write to, by name."""
        found = await self._conversations.people(account, prefix, limit + 1, after)
        return Page(found[:limit], found[limit - 1].id if len(found) > limit else None)

    async def create_direct(self, account: str, members: Sequence[str]) -> tuple[View, bool]:
        """The direct conversation with the one other member, and whether it is new. Raises UnknownMembers."""
        others = await self._others(account, members)
        if len(others) != 1:
            raise UnknownMembers("A direct conversation has exactly one other member.", ["/members"])
        conversation, is_new = await self._conversations.create_direct(account, others[0])
        if is_new:
            await self._tell_added(conversation)
        return await self._view(account, conversation), is_new

    async def create_group(self, account: str, members: Sequence[str], title: str | None) -> View:
        """A new group, owned by this account. Raises UnknownMembers and GroupFull."""
        others = await self._others(account, members)
        conversation = await self._conversations.create_group(new_id(), account, others, title)
        await self._tell_added(conversation)
        return await self._view(account, conversation)

    async def retitle(self, account: str, conv: str, title: str | None, versions: Collection[int] | None) -> View:
        """Rename a group that still has one of these versions, None for any. Raises FixedTitle, VersionMismatch."""
        conversation = await self.find(account, conv)
        if conversation.kind != "group":
            raise FixedTitle
        if versions is not None and conversation.version not in versions:
            raise VersionMismatch
        renamed = await self._conversations.retitle(conv, title, conversation.version)
        notice = channels.Published(0, 0, frames.conversation_changed(conv, "updated"))
        await self._fanout.publish(channels.conversation(conv), channels.pack(notice))
        return await self._view(account, renamed)

    async def _others(self, account: str, members: Sequence[str]) -> Sequence[str]:
        others = [it for it in dict.fromkeys(members) if it != account]
        known = {it.id for it in await self._accounts.get(others)}
        strangers = [f"/members/{at}" for at, it in enumerate(members) if it != account and it not in known]
        if strangers:
            raise UnknownMembers("There is no such person.", strangers)
        if not others:
            raise UnknownMembers("Name somebody else.", ["/members"])
        return others

    async def _tell_added(self, conversation: Conversation) -> None:
        notice = channels.pack(channels.Published(0, 0, frames.conversation_changed(conversation.id, "added")))
        for member in conversation.members:
            await self._fanout.publish(channels.account(member), notice)

    async def _view(self, account: str, conversation: Conversation) -> View:
        return (await self._views(account, [conversation]))[0]

    async def _views(self, account: str, conversations: Sequence[Conversation]) -> Sequence[View]:
        ids = [conversation.id for conversation in conversations]
        newest, marks = await asyncio.gather(self._log.newest(ids), read_marks(self._log, account, ids))
        views = []
        for conversation in conversations:
            last = newest.get(conversation.id)
            # From the entry itself, so that the two never disagree.
            head = Head(last.epoch, last.seq) if last else EMPTY
            read = min(marks[conversation.id], head.seq)
            views.append(View(conversation=conversation, head=head, read=read, last=last))
        return views
