"""What a signed-in window says: texts, read marks, that somebody is typing. Next: `parley.messages.posting`."""

from typing import Any

from parley.chat_service.connection import Connection
from parley.chat_service.errors import NotAText, UnknownConversation
from parley.contracts import frames
from parley.contracts.client_frames import Read, Send, Typing
from parley.conversations.model import Conversation
from parley.conversations.port import Membership
from parley.fanout import channels
from parley.fanout.port import Fanout
from parley.messages.model import Cursor, Draft, is_text
from parley.messages.port import MessageLog
from parley.messages.posting import mark_read, post
from parley.ratelimits.port import RateLimits
from parley.ratelimits.sending import admit_sending


class Talking:
    """Each method acts for the person of a connection; what they are not in raises UnknownConversation."""

    def __init__(self, *, membership: Membership, log: MessageLog, fanout: Fanout, limits: RateLimits) -> None:
        self._membership, self._log, self._fanout, self._limits = membership, log, fanout, limits

    async def send(self, connection: Connection, send: Send) -> dict[str, Any]:
        """Store a text and tell everyone; the reply says where it stands, and that it is durable.

        Raises NotAText, NoSuchEntry, StaleCursor, LogUnavailable and the `rate-limited` problem.
        """
        said = send.d
        if not is_text(said.body):
            raise NotAText
        await self._find(connection, said.conv)
        await admit_sending(self._limits, connection.user)
        reply_to = said.reply_to if isinstance(said.reply_to, int) else None
        draft = Draft(conv=said.conv, id=send.id, sender=connection.user, body=said.body, reply_to=reply_to)
        entry = await post(self._log, self._fanout, draft, Cursor(*said.after))
        return {"conv": entry.conv, "epoch": entry.epoch, "seq": entry.seq, "at": frames.rfc3339(entry.at_ms)}

    async def read(self, connection: Connection, read: Read) -> dict[str, Any]:
        """Move the person's read mark forward and tell those who are told. Raises LogUnavailable."""
        conversation = await self._find(connection, read.d.conv)
        await mark_read(self._log, self._fanout, conversation, connection.user, read.d.seq)
        return {}

    async def typing(self, connection: Connection, typing: Typing) -> None:
        """Tell the conversation. Without effect for one that the connection is not in."""
        conv = typing.d.conv
        if conv in connection.convs:
            payload = channels.pack(channels.Published(0, 0, frames.typing(conv, connection.user)))
            await self._fanout.publish(channels.conversation(conv), payload)

    async def _find(self, connection: Connection, conv: str) -> Conversation:
        conversation = await self._membership.find(conv, connection.user)
        if conversation is None:
            raise UnknownConversation
        return conversation
