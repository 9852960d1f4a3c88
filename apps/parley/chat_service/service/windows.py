"""One open window from its first frame to its last: which part of the service each frame is for."""

from parley.chat_service.connection import Connection
from parley.chat_service.conversation import Conversation
from parley.chat_service.ports import Link
from parley.chat_service.service.calling import Calling
from parley.chat_service.service.errands import attempt
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
    Ringing,
    Send,
    SetPresence,
    Sync,
    Typing,
    Watch,
)
from parley.identity.model import Caller, new_id


class Windows:
    """Everything that the gateway needs done."""

    def __init__(
        self,
        *,
        greeting: Greeting,
        talking: Talking,
        calling: Calling,
        people: People,
        feed: Feed,
        upkeep: Upkeep,
    ) -> None:
        self._greeting, self._talking, self._calling, self._people = greeting, talking, calling, people
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
                connection.send(frames.reply(frame.id, await self._calling.invite(connection, frame)))
            case Accept():
                connection.send(frames.reply(frame.id, await self._calling.accept(connection, frame)))
            case Decline():
                connection.send(frames.reply(frame.id, await self._calling.decline(connection, frame)))
            case End():
                connection.send(frames.reply(frame.id, await self._calling.end(connection, frame)))
            case Ringing():
                await self._calling.ringing(connection, frame)

    async def close(self, connection: Connection) -> None:
        """The connection is gone. During a drain its person is not: the window comes back to another replica."""
        if not self._upkeep.is_draining:
            await self._people.gone(connection)
        await attempt(lambda: self._calling.gone(connection))
        await self._feed.part(connection)
