"""Who is connected here, and the writing of one frame to everyone in a conversation.

A frame is made once, and the same bytes go to each member's transport. What is delivered within one turn of the event
loop is joined, so that a burst costs one write per member. No task, no queue and no subscription per message or member;
the hub knows no web framework, and a member is anything with `write`.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from parley.chat_service.connection import Connection
from parley.chat_service.model import CONNECTIONS_PER_USER, CloseCode
from parley.chat_service.outbox import Item, item_of
from parley.chat_service.room import Arrival, Room

_REPLACED = "the same window has connected again, or too many are open"
_AT_ONCE = 64 * 1024


class _Meta(msgspec.Struct):
    change: str
    user: str


class _MemberData(msgspec.Struct):
    meta: _Meta


class _MemberEntry(msgspec.Struct):
    d: _MemberData


_member_entry = msgspec.json.Decoder(_MemberEntry)


class _Place:
    """A room with whoever of it is connected here, and what is to be written at the end of this turn."""

    __slots__ = ("members", "pending", "room", "size")

    def __init__(self, conv: str) -> None:
        self.room = Room(conv)
        self.members: set[Connection] = set()
        self.pending: list[Item] = []
        self.size = 0


class Hub:
    """Connections by what one looks for: all, by person, by device, by conversation, by who watches whom.

    `deliveries` counts the frames of conversations that were handed to members, for whoever watches the process.
    """

    def __init__(self) -> None:
        self._places: dict[str, _Place] = {}
        self._by_user: dict[str, list[Connection]] = {}
        self._watchers: dict[str, set[Connection]] = {}
        self.deliveries = 0

    def __len__(self) -> int:
        return sum(map(len, self._by_user.values()))

    def __iter__(self) -> Iterator[Connection]:
        for connections in list(self._by_user.values()):
            yield from list(connections)

    def admit(self, connection: Connection) -> None:
        """A connection has said hello. Closes the one it replaces, and the oldest of too many."""
        others = self._by_user.setdefault(connection.user, [])
        self.replace(connection.user, connection.party, connection.id)
        others.append(connection)
        for oldest in others[:-CONNECTIONS_PER_USER]:
            oldest.close(CloseCode.REPLACED, _REPLACED)

    def replace(self, user: str, party: str, conn: str) -> None:
        """This person's window has connected as `conn`, here or at another replica: close what it left behind."""
        for other in self.of_user(user):
            if other.party == party and other.id != conn:
                other.close(CloseCode.REPLACED, _REPLACED)

    def remove(self, connection: Connection) -> None:
        """A connection is gone. No effect if it never was here."""
        for conv in list(connection.convs):
            self._leave(conv, connection)
        self.watch(connection, frozenset())
        mine = self._by_user.get(connection.user, [])
        if connection in mine:
            mine.remove(connection)
        if not mine:
            self._by_user.pop(connection.user, None)

    def of_user(self, user: str) -> Sequence[Connection]:
        """The connections of one person, oldest first."""
        return list(self._by_user.get(user, ()))

    def is_shared(self, connection: Connection) -> bool:
        """Whether another open connection has the same window, as after a reconnection that came before the loss."""
        return any(it.party == connection.party and it is not connection for it in self.of_user(connection.user))

    def room(self, conv: str) -> Room | None:
        """The room of a conversation that somebody here is in."""
        place = self._places.get(conv)
        return place.room if place else None

    def rooms(self) -> Sequence[Room]:
        """Every room that somebody here is in."""
        return [place.room for place in self._places.values()]

    def enter(self, conv: str, connection: Connection) -> Room:
        """From now on this connection gets what comes in the conversation; its room, perhaps a new one."""
        place = self._places.get(conv)
        if place is None:
            place = self._places[conv] = _Place(conv)
        self._flush(conv)
        place.members.add(connection)
        connection.convs.add(conv)
        return place.room

    def leave(self, conv: str, user: str) -> Sequence[Connection]:
        """Somebody is no member any more and gets nothing that comes later. Returns who was here."""
        found = [it for it in self.of_user(user) if conv in it.convs]
        for connection in found:
            self._leave(conv, connection)
        return found

    def watch(self, connection: Connection, users: frozenset[str]) -> None:
        """This connection is told of these people's presence, and of nobody else's."""
        for user in connection.watched - users:
            self._watchers[user].discard(connection)
            if not self._watchers[user]:
                del self._watchers[user]
        for user in users - connection.watched:
            self._watchers.setdefault(user, set()).add(connection)
        connection.watched = users

    def tell(self, conv: str, payload: bytes) -> None:
        """A notice to everyone in a conversation."""
        place = self._places.get(conv)
        if place is not None:
            self._queue(place, item_of(conv, 0, payload))

    def tell_user(self, user: str, payload: bytes) -> None:
        """A notice to all windows of one person."""
        _deliver(self._by_user.get(user, ()), payload)

    def tell_watchers(self, user: str, payload: bytes) -> None:
        """A notice to whoever watches this person."""
        _deliver(self._watchers.get(user, ()), payload)

    def deliver(self, conv: str, arrivals: Iterable[Arrival]) -> Sequence[Connection]:
        """Entries that the room let through, in order, to everyone who is a member at that point of the log.

        Returns the connections of those who by these entries are members no more.
        """
        place = self._places.get(conv)
        left: list[Connection] = []
        if place is not None:
            for arrival in arrivals:
                self._queue(place, item_of(conv, arrival.seq, arrival.payload))
                # A text cannot hold these characters: its quotes are escaped.
                if b'"kind":"member"' in arrival.payload:
                    left.extend(self._apply(conv, arrival.payload))
        return left

    def miss(self, conv: str) -> None:
        """Entries of this conversation will not be delivered: each member is told to read them."""
        place = self._places.get(conv)
        if place is not None:
            self._flush(conv)
            for member in list(place.members):
                member.miss(conv)

    def _apply(self, conv: str, payload: bytes) -> Sequence[Connection]:
        change = _member_entry.decode(payload).d.meta
        if change.change == "joined":
            return ()
        # What is pending lies before the end of the membership and is still theirs.
        self._flush(conv)
        return self.leave(conv, change.user)

    def _queue(self, place: _Place, item: Item) -> None:
        place.pending.append(item)
        place.size += len(item.framed)
        if place.size > _AT_ONCE:
            self._flush(place.room.conv)
        elif len(place.pending) == 1:
            asyncio.get_running_loop().call_soon(self._flush, place.room.conv)

    def _flush(self, conv: str) -> None:
        place = self._places.get(conv)
        if place is None or not place.pending:
            return
        items, place.pending, place.size = place.pending, [], 0
        self.deliveries += len(items) * len(place.members)
        joined = items[0].framed if len(items) == 1 else b"".join([item.framed for item in items])
        for member in place.members:
            if member.flows:
                member.write(joined)
            else:
                member.offer(items)

    def _leave(self, conv: str, connection: Connection) -> None:
        place = self._places[conv]
        place.members.discard(connection)
        connection.convs.discard(conv)
        if not place.members:
            del self._places[conv]


def _deliver(connections: Iterable[Connection], payload: bytes) -> None:
    item = item_of("", 0, payload)
    for connection in connections:
        connection.deliver(item)


def devices(connections: Iterable[Connection]) -> Mapping[str, list[Connection]]:
    """Connections by the device that they are signed in with."""
    found: dict[str, list[Connection]] = {}
    for connection in connections:
        found.setdefault(connection.device, []).append(connection)
    return found
