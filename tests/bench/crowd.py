"""Many sockets in one thread: epoll and plain reads; an event loop would cost as much as the server it measures.

All are in one room, or each takes the seat that it is given. Next: `room.py`, which judges what is read here.
"""

import json
import select
import socket
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from bench import wire
from bench.dialects import Dialect
from bench.room import Room
from bench.transcript import REFUSED

_READ = 64 * 1024
_IN_FLIGHT = 64
_PATIENCE_S = 20.0
NOTHING, FRAMES, ORDER = range(3)
_UPGRADING, _GREETING, _READY = range(3)


class Seat(NamedTuple):
    """Where a socket belongs: the server's port, the number that says who it is, its room, and whether it talks."""

    port: int
    person: int
    room: Room
    speaks: bool = True


class Connection:
    """One socket: what it was left with, and how many entries it has seen."""

    __slots__ = ("partial", "position", "room", "seat", "socket", "state")

    def __init__(self, seat: Seat) -> None:
        self.seat, self.room = seat, seat.room
        self.socket = socket.create_connection(("127.0.0.1", seat.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.state, self.position, self.partial = _UPGRADING, 0, b""

    def send(self, data: bytes) -> None:
        if self.socket.send(data) != len(data):
            raise ConnectionError("the server does not read")


class Crowd:
    """The members of some rooms; `seat` says for the n-th socket where it belongs."""

    def __init__(self, dialect: Dialect, rooms: Sequence[Room], seat: Callable[[int], Seat]) -> None:
        self._dialect, self.rooms, self._seat = dialect, rooms, seat
        self._epoll = select.epoll()
        self._connections: list[Connection] = []
        self._speakers: list[Connection] = []
        self._by_descriptor: dict[int, Connection] = {}
        self._ready = self._turn = 0

    @property
    def room(self) -> Room:
        """The only room, where there is one."""
        (room,) = self.rooms
        return room

    def grow(self, count: int) -> None:
        """Connect so many more and return when each is a member."""
        for _ in range(count):
            self._connect()
            self._wait_for_members(_IN_FLIGHT)
        self._wait_for_members(1)
        members = Counter(id(connection.room) for connection in self._connections)
        for connection in self._connections:
            connection.position = 0
        for room in self.rooms:
            room.fill(members[id(room)])

    def speak(self) -> Room:
        """Let the next member send one entry; they take turns, as each has a budget. Returns the room."""
        connection = self._speakers[self._turn % len(self._speakers)]
        self._turn += 1
        connection.send(wire.text(connection.room.compose(connection.seat.person, connection.position)))
        return connection.room

    def start_anew(self) -> None:
        """Forget what was said; everybody must have heard it."""
        for room in self.rooms:
            room.start_anew()
        for connection in self._connections:
            connection.position = 0

    def wait_until(self, condition, patience_s: float) -> bool:
        """Read until the condition holds; False if that takes too long."""
        deadline = time.monotonic() + patience_s
        while not (holds := condition()) and time.monotonic() < deadline:
            self.poll(0.05)
        return holds

    def listen_to(self, descriptor: int) -> None:
        """Also watch for orders."""
        self._epoll.register(descriptor, select.EPOLLIN)

    def poll(self, timeout: float) -> int:
        """Read what is there, waiting for at most `timeout` seconds: NOTHING, FRAMES or ORDER, which is not read."""
        came = NOTHING
        for descriptor, _ in self._epoll.poll(timeout):
            connection = self._by_descriptor.get(descriptor)
            if connection is not None:
                self._read(connection)
            came = max(came, ORDER if connection is None else FRAMES)
        return came

    def _wait_for_members(self, fewer_than: int) -> None:
        if not self.wait_until(lambda: len(self._connections) - self._ready < fewer_than, _PATIENCE_S):
            raise TimeoutError("connections are not accepted")

    def _connect(self) -> None:
        connection = Connection(self._seat(len(self._connections)))
        self._connections.append(connection)
        if connection.seat.speaks:
            self._speakers.append(connection)
        self._by_descriptor[connection.socket.fileno()] = connection
        self._epoll.register(connection.socket.fileno(), select.EPOLLIN)
        seat = connection.seat
        connection.send(wire.upgrade(seat.port, self._dialect.headers(seat.person)))

    def _read(self, connection: Connection) -> None:
        received = connection.socket.recv(_READ)
        if not received:
            raise ConnectionError("the server has closed a connection")
        if connection.state == _READY and not connection.partial:
            position = connection.room.take(connection.position, received)
            if position != REFUSED:
                connection.position = position
                return
        self._read_frames(connection, connection.partial + received)

    def _read_frames(self, connection: Connection, received: bytes) -> None:
        if connection.state == _UPGRADING:
            rest = wire.after_upgrade(received)
            if rest is None:
                connection.partial = received
                return
            self._greet(connection)
            received = rest
        end = 0
        for frame in wire.frames(received):
            end = frame.end
            self._take(connection, frame)
        connection.partial = received[end:]

    def _greet(self, connection: Connection) -> None:
        greeting = self._dialect.greeting()
        if greeting is None:
            self._welcome(connection)
        else:
            connection.state = _GREETING
            connection.send(wire.text(greeting))

    def _welcome(self, connection: Connection) -> None:
        connection.state = _READY
        self._ready += 1

    def _take(self, connection: Connection, frame: wire.Frame) -> None:
        if frame.first != wire.TEXT:
            raise ConnectionError(f"the server sent {frame.raw[:80]!r}")
        document = json.loads(frame.payload)
        match document.get("t"):
            case "msg" if connection.state == _READY:
                position = connection.room.take_entry(connection.position, frame.raw, document["d"])
                connection.position = connection.position if position == REFUSED else position
            case "ping":
                connection.send(wire.text(b'{"t":"pong","d":{}}'))
            case "synced":
                self._welcome(connection)
            case None if connection.state == _READY:
                connection.room.take_reply(document, frame.raw)
            case None:
                self._take_hello(connection.room, document)

    def _take_hello(self, room: Room, reply: dict[str, Any]) -> None:
        if not reply["ok"]:
            raise ConnectionError(f"hello was answered with {reply['err']}")
        heads = (head["head"] for head in reply["d"]["heads"] if head["conv"] == room.conv)
        room.numbered_from = max(heads, default=0)
