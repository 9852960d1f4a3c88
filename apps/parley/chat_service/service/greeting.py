"""`hello` and `sync`: what a client missed, then what is live, without a hole or a repetition between them.

The order is the whole trick: hear first and let it wait, then read where each conversation ends, replay up to there,
then send what waited behind it. The server keeps nothing about a client that is away, so any replica can do this.
"""

from collections.abc import Mapping, Sequence

from parley.chat_service.connection import Connection
from parley.chat_service.hub import Hub
from parley.chat_service.model import (
    MAX_HEADS,
    PING_EVERY_S,
    REPLAY_IN_TOTAL,
    REPLAY_PER_CONVERSATION,
)
from parley.chat_service.service.calling import Calling
from parley.chat_service.service.feed import Feed
from parley.chat_service.service.people import People
from parley.contracts import frames
from parley.contracts.client_frames import MAX_CURSORS, MAX_FRAME, MAX_USERS, Hello, Sync
from parley.conversations.port import Membership
from parley.fanout import channels
from parley.messages.model import MAX_BODY, Head
from parley.messages.port import MessageLog
from parley.messages.posting import read_marks
from parley.ratelimits.sending import SENDING

_LIMITS = {
    "body_chars": MAX_BODY,
    "frame_bytes": MAX_FRAME,
    "send_per_s": SENDING.per_second,
    "watch": MAX_USERS,
    "cursors": MAX_CURSORS,
}

Cursors = Mapping[str, tuple[int, int]]
Heads = Mapping[str, Head]


class Greeting:
    """Brings a connection up to date."""

    def __init__(
        self, *, hub: Hub, feed: Feed, people: People, calling: Calling, membership: Membership, log: MessageLog
    ) -> None:
        self._hub, self._feed, self._people, self._calling = hub, feed, people, calling
        self._membership, self._log = membership, log

    async def hello(self, connection: Connection, hello: Hello) -> None:
        """Answer with where everything stands, replay what is missing, say `synced`, go live.

        Raises LogUnavailable and DatabaseUnavailable; the connection is of no use then.
        """
        user = connection.user
        connection.party = hello.d.party
        await self._feed.subscriptions.acquire(channels.account(user))
        self._hub.admit(connection)
        await self._feed.announce(connection)
        convs = _newest(await self._membership.ids_of(user))
        await self._feed.join(connection, convs)
        heads = await self._log.heads(convs)
        # What the fan-out lost before this would otherwise come a second time, after the replay.
        await self._feed.catch_up(heads)
        marks = await read_marks(self._log, user, convs)
        await self._people.here(connection)
        calls = await self._calling.greet(connection, convs)
        connection.send(frames.reply(hello.id, _greeting(connection, heads, marks, calls)))
        await self._replay(connection, hello.d.cursors, heads, marks)
        connection.release({conv: head.seq for conv, head in heads.items()}, frames.SYNCED)

    async def sync(self, connection: Connection, sync: Sync) -> None:
        """Send what is behind these positions, of conversations that this connection is in. Raises LogUnavailable."""
        convs = [conv for conv in sync.d.cursors if conv in connection.convs]
        heads = await self._log.heads(convs)
        marks = await read_marks(self._log, connection.user, convs)
        connection.send(frames.reply(sync.id, {}))
        await self._replay(connection, sync.d.cursors, heads, marks)

    async def _replay(self, connection: Connection, cursors: Cursors, heads: Heads, marks: Mapping[str, int]) -> None:
        behind, left = [], REPLAY_IN_TOTAL
        for conv, cursor in cursors.items():
            head = heads.get(conv)
            if head is None or head == cursor:
                continue
            limit = min(left, REPLAY_PER_CONVERSATION)
            sent = await self._replay_one(connection, conv, cursor[1], head, limit) if head.epoch == cursor[0] else 0
            left -= sent
            if head.epoch != cursor[0] or cursor[1] + sent != head.seq:
                behind.append(_place(conv, head, marks))
        if behind:
            connection.send(frames.behind(behind))
        await connection.link.drained()

    async def _replay_one(self, connection: Connection, conv: str, seq: int, head: Head, limit: int) -> int:
        """Send the entries behind `seq`, at most `limit` and none beyond the head; how many it was."""
        entries = await self._log.read_after(conv, seq, limit) if limit and seq < head.seq else ()
        known = [entry for entry in entries if entry.seq <= head.seq]
        await connection.link.drained()
        for entry in known:
            connection.send(frames.message(entry))
        return len(known)


def _newest(convs: Sequence[str]) -> Sequence[str]:
    """As many as a greeting holds: ids grow with time, but for the lobby's, which is the first and always there."""
    return convs if len(convs) <= MAX_HEADS else [convs[0], *convs[1 - MAX_HEADS :]]


def _greeting(
    connection: Connection, heads: Heads, marks: Mapping[str, int], calls: Sequence[Mapping[str, object]]
) -> Mapping[str, object]:
    return {
        "conn": connection.id,
        "user": connection.user,
        "ping_ms": round(PING_EVERY_S * 1000),
        "heads": [_place(conv, head, marks)._asdict() for conv, head in heads.items()],
        "calls": calls,
        "limits": _LIMITS,
    }


def _place(conv: str, head: Head, marks: Mapping[str, int]) -> frames.Place:
    return frames.Place(conv, head.epoch, head.seq, min(marks[conv], head.seq))
