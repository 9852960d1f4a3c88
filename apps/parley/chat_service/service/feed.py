"""Hears what is published for people who are connected here, and hands it to the hub in the order of the log.

What the fan-out lost is read from the log, once for all members. A replica that heard nothing does not know that there
was something, so the newest places are compared now and then (`check_all`, called by `upkeep.py`).
"""

import asyncio
from collections.abc import Mapping, Sequence

import msgspec

from parley.chat_service.connection import Connection
from parley.chat_service.hub import Hub, devices
from parley.chat_service.model import CloseCode
from parley.chat_service.room import Arrival, Room
from parley.chat_service.service.errands import Errands
from parley.contracts import frames
from parley.conversations.port import Membership
from parley.fanout import channels
from parley.fanout.port import Fanout
from parley.fanout.subscriptions import Subscriptions
from parley.messages.model import Head
from parley.messages.port import MessageLog
from parley.messages.posting import read_marks

_PAGE = 200
_LONGEST_REPAIR = 1_000
"""More missing entries than this are not delivered: everybody is told to read them."""


class _ConvData(msgspec.Struct):
    conv: str = ""
    change: str = ""
    party: str = ""
    conn: str = ""


class _AccountNotice(msgspec.Struct):
    t: str
    d: _ConvData


_account_notice = msgspec.json.Decoder(_AccountNotice)
_HERE = msgspec.json.Encoder()


class Feed:
    """The listener of this process."""

    def __init__(self, *, hub: Hub, log: MessageLog, membership: Membership, fanout: Fanout, errands: Errands) -> None:
        self._hub, self._log, self._membership, self._errands = hub, log, membership, errands
        self._fanout = fanout
        self.subscriptions = Subscriptions(fanout.listen(self))
        self._entering: set[tuple[str, str]] = set()

    async def hear_revocations(self) -> None:
        """Hear of sessions that end anywhere, until cancelled."""
        await self.subscriptions.acquire(channels.REVOKED)
        await asyncio.Event().wait()

    async def announce(self, connection: Connection) -> None:
        """Tell other replicas that this window is connected here, so that they close what it left behind."""
        notice = {"t": "here", "d": {"party": connection.party, "conn": connection.id}}
        payload = channels.pack(channels.Published(0, 0, _HERE.encode(notice)))
        await self._fanout.publish(channels.account(connection.user), payload)

    async def join(self, connection: Connection, convs: Sequence[str]) -> None:
        """Let a connection hear of these conversations; returns when everything that comes later is heard."""
        fresh = [conv for conv in convs if conv not in connection.convs]
        for conv in fresh:
            self._hub.enter(conv, connection)
        await self.subscriptions.acquire(*map(channels.conversation, fresh))
        await self._place([conv for conv in fresh if not self._has_place(conv)])

    async def part(self, connection: Connection) -> None:
        """A connection is gone. No effect if it never said hello."""
        if not connection.party:
            return
        heard = [*map(channels.conversation, connection.convs), *map(channels.presence, connection.watched)]
        self._hub.remove(connection)
        await self.subscriptions.release(channels.account(connection.user), *heard)

    def on_message(self, channel: str, payload: bytes) -> None:
        """See the port."""
        kind, _, name = channel.partition(":")
        if channel == channels.REVOKED:
            return self._revoked(payload.decode())
        published = channels.unpack(payload)
        match kind:
            case "c" if published.is_entry:
                self._arrived(name, Arrival(*published))
            case "c":
                self._hub.tell(name, published.frame)
            case "u":
                self._noticed(name, published.frame)
            case "p":
                self._hub.tell_watchers(name, published.frame)

    def on_lost(self) -> None:
        """See the port."""
        self._errands.add("check", self.check_all)
        self._errands.add("members", self._check_members)

    async def check_all(self) -> None:
        """Compare where each conversation stands in the log with what was delivered, and read what is missing."""
        rooms = self._hub.rooms()
        await self._place([room.conv for room in rooms if not room.has_place])
        await self.catch_up(await self._log.heads([room.conv for room in rooms]))

    async def catch_up(self, heads: Mapping[str, Head]) -> None:
        """Deliver what the fan-out has not brought up to these places."""
        for conv, head in heads.items():
            await self._read_up_to(conv, head)

    def fell_behind(self, connection: Connection) -> None:
        """A connection had to leave entries out, and what waited has been sent."""
        self._errands.add(("behind", connection.id), lambda: self._tell_behind(connection))

    def _arrived(self, conv: str, arrival: Arrival) -> None:
        room = self._hub.room(conv)
        if room is None:
            return
        self._deliver(room, room.arrived(arrival))

    def _deliver(self, room: Room, arrivals: Sequence[Arrival]) -> None:
        self._left(room.conv, self._hub.deliver(room.conv, arrivals))
        if room.has_gap:
            self._errands.add(("repair", room.conv), lambda: self._repair(room.conv))

    def _noticed(self, user: str, frame: bytes) -> None:
        notice = _account_notice.decode(frame)
        conv = notice.d.conv
        if notice.t == "here":
            return self._hub.replace(user, notice.d.party, notice.d.conn)
        if notice.t == "conv" and notice.d.change == "added":
            self._entering.add((user, conv))
            return self._errands.add(("enter", user, conv), lambda: self._enter(user, conv, frame))
        if notice.t == "conv" and notice.d.change == "removed":
            self._entering.discard((user, conv))
            self._left(conv, self._hub.leave(conv, user))
        self._hub.tell_user(user, frame)

    async def _enter(self, user: str, conv: str, frame: bytes) -> None:
        channel = channels.conversation(conv)
        # Heard before the membership is asked for, so that a removal in between is heard as well.
        await self.subscriptions.acquire(channel)
        is_member = await self._membership.find(conv, user) is not None
        if is_member and (user, conv) in self._entering:
            self._entering.discard((user, conv))
            newcomers = [it for it in self._hub.of_user(user) if conv not in it.convs]
            for connection in newcomers:
                await self.join(connection, [conv])
            self._hub.tell_user(user, frame)
        await self.subscriptions.release(channel)

    def _left(self, conv: str, connections: Sequence[Connection]) -> None:
        channel = channels.conversation(conv)
        if connections:
            gone = [channel] * len(connections)
            self._errands.add(object(), lambda: self.subscriptions.release(*gone))

    def _revoked(self, device: str) -> None:
        for connection in devices(self._hub).get(device, ()):
            connection.close(CloseCode.SIGNED_OUT, "signed out")

    def _has_place(self, conv: str) -> bool:
        room = self._hub.room(conv)
        return room is None or room.has_place

    async def _place(self, convs: Sequence[str]) -> None:
        if not convs:
            return
        heads = await self._log.heads(convs)
        for conv, head in heads.items():
            room = self._hub.room(conv)
            if room is not None:
                self._deliver(room, room.start(*head))

    async def _repair(self, conv: str) -> None:
        await self._read_up_to(conv, (await self._log.heads([conv]))[conv])

    async def _read_up_to(self, conv: str, head: Head) -> None:
        while (room := self._behind(conv, head)) is not None:
            if room.epoch != head.epoch or head.seq - room.seq > _LONGEST_REPAIR:
                return self._skip(room, head)
            entries = await self._log.read_after(conv, room.seq, _PAGE)
            # Everybody may have left while the log was read, and a newcomer's room begins elsewhere.
            if not entries or self._hub.room(conv) is not room:
                return
            for entry in entries:
                self._deliver(room, room.arrived(Arrival(entry.epoch, entry.seq, frames.message(entry))))

    def _behind(self, conv: str, head: Head) -> Room | None:
        """The room, if it has a place before this one. Without a place it is behind nothing: `_place` is on its way."""
        room = self._hub.room(conv)
        return room if room is not None and room.has_place and (room.epoch, room.seq) < head else None

    def _skip(self, room: Room, head: Head) -> None:
        freed = room.skip(*head)
        self._hub.miss(room.conv)
        self._deliver(room, freed)

    async def _check_members(self) -> None:
        for user in {connection.user for connection in self._hub}:
            now = set(await self._membership.ids_of(user))
            known = {conv for connection in self._hub.of_user(user) for conv in connection.convs}
            for conv in now - known:
                self._noticed(user, frames.conversation_changed(conv, "added"))
            for conv in known - now:
                self._noticed(user, frames.conversation_changed(conv, "removed"))

    async def _tell_behind(self, connection: Connection) -> None:
        missing = sorted(connection.take_behind() & connection.convs)
        marks = await read_marks(self._log, connection.user, missing)
        rooms = [room for conv in missing if (room := self._hub.room(conv))]
        places = [frames.Place(room.conv, room.epoch, room.seq, min(marks[room.conv], room.seq)) for room in rooms]
        if places:
            connection.send(frames.behind(places))
