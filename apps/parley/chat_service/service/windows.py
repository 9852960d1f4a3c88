"""One open window from its first frame to its last: which part of the service each frame is for."""

from parley.chat_service.connection import Connection
from parley.chat_service.conversation import Conversation
from parley.chat_service.errors import NoCalls, NoSuchCall
from parley.chat_service.ports import Link
from parley.chat_service.service.feed import Feed
from parley.chat_service.service.greeting import Greeting
from parley.chat_service.service.people import People
from parley.chat_service.service.talking import Talking
from parley.chat_service.service.upkeep import Upkeep
from parley.contracts import frames
from parley.contracts.client_frames import (
    Accept,
    ClientFrame,
    Decline,
    End,
    Hello,
    Invite,
    Read,
    Send,
    SetPresence,
    Sync,
    Typing,
    Watch,
)
from parley.identity.model import Caller, new_id


class Windows:
    """Everything that the gateway needs done."""

    def __init__(self, *, greeting: Greeting, talking: Talking, people: People, feed: Feed, upkeep: Upkeep) -> None:
        self._greeting, self._talking, self._people = greeting, talking, people
        self._feed, self._upkeep = feed, upkeep

    @property
    def is_draining(self) -> bool:
        """Whether new connections should go elsewhere."""
        return self._upkeep.is_draining

    def open(self, link: Link, rules: Conversation, caller: Caller) -> Connection:
        """A new connection, not greeted yet."""
        return Connection(
            link,
            rules,
            conn=new_id(),
            user=caller.account.id,
            device=caller.device,
            fell_behind=self._feed.fell_behind,
        )

    async def serve(self, connection: Connection, frame: ClientFrame) -> None:
        """Carry one frame out and send its reply. Raises ProblemError."""
        match frame:
            case Hello():
                await self._greeting.hello(connection, frame)
            case Sync():
                await self._greeting.sync(connection, frame)
            case Send():
                connection.send(frames.reply(frame.id, await self._talking.send(connection, frame)))
            case Read():
                connection.send(frames.reply(frame.id, await self._talking.read(connection, frame)))
            case Watch():
                connection.send(frames.reply(frame.id, await self._people.watch(connection, frame.d.users)))
            case Typing():
                await self._talking.typing(connection, frame)
            case SetPresence():
                await self._people.set_status(connection, frame.d.status)
            case Invite():
                raise NoCalls
            case Accept() | Decline() | End():
                raise NoSuchCall

    async def close(self, connection: Connection) -> None:
        """The connection is gone. During a drain its person is not: the window comes back to another replica."""
        if not self._upkeep.is_draining:
            await self._people.gone(connection)
        await self._feed.part(connection)
