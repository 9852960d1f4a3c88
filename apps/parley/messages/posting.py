"""Append, then tell: the one order in which an entry or a read mark reaches people, whichever service it came by.

Stored first, published second, acknowledged by the caller last: what was acknowledged is in the log, and a published
frame that gets lost is found there. A retry repeats all of it; clients drop what they have seen.
"""

from collections.abc import Mapping, Sequence

from parley.contracts import frames
from parley.contracts.problems import FieldError, ProblemError
from parley.conversations.model import LOBBY, Conversation
from parley.fanout import channels
from parley.fanout.port import Fanout
from parley.messages.model import Cursor, Draft, Entry
from parley.messages.port import MessageLog


class NoSuchEntry(ProblemError):
    """`reply_to` names an entry that the conversation does not have; at the edge the `invalid` problem."""

    def __init__(self) -> None:
        detail = "There is no such entry to reply to."
        super().__init__("invalid", detail, errors=[FieldError("/reply_to", detail)])


async def post(log: MessageLog, fanout: Fanout, draft: Draft, after: Cursor) -> Entry:
    """Append the draft and publish its entry on the conversation's channel; the sender has thereby read it.

    Nothing else is published: whoever sees the entry knows its sender's mark. Repeating the call with the same draft
    and `after` appends nothing and publishes the same entry again. Raises NoSuchEntry, StaleCursor and LogUnavailable.
    """
    if draft.reply_to is not None:
        await _check_reply(log, draft.conv, draft.reply_to)
    entry = await log.append(draft, after)
    published = channels.Published(entry.epoch, entry.seq, frames.message(entry))
    await fanout.publish(channels.conversation(entry.conv), channels.pack(published))
    return entry


async def mark_read(log: MessageLog, fanout: Fanout, conversation: Conversation, user: str, seq: int) -> int:
    """Move a read mark forward and tell the person's own parties, and the others where receipts are told.

    Returns where the mark stands afterwards. Raises LogUnavailable.
    """
    stands = await log.mark_read(conversation.id, user, seq)
    notice = channels.pack(channels.Published(0, 0, frames.read_mark(conversation.id, user, stands)))
    await fanout.publish(channels.account(user), notice)
    if conversation.has_receipts:
        await fanout.publish(channels.conversation(conversation.id), notice)
    return stands


async def read_marks(log: MessageLog, user: str, convs: Sequence[str]) -> Mapping[str, int]:
    """How far somebody has read, as `MessageLog.marks_of` tells it; the lobby counts from the first time it is seen.

    Nobody joins the lobby, so there is no entry from which its unread ones would count. Raises LogUnavailable.
    """
    marks = await log.marks_of(user, convs)
    if marks.get(LOBBY) != 0:
        return marks
    return {**marks, LOBBY: await log.begin_reading(LOBBY, user)}


async def _check_reply(log: MessageLog, conv: str, seq: int) -> None:
    heads = await log.heads([conv])
    if not 1 <= seq <= heads[conv].seq:
        raise NoSuchEntry
