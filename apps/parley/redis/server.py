"""One server that carries out commands, over a few connections that are made when they are needed.

Next: `sentinel.py`, how such a connection finds the primary, and `cluster.py`, which has one of these for every node.
"""

import ssl
from collections.abc import Sequence
from typing import Any, Protocol, cast

from redis.asyncio.connection import AbstractConnection, BlockingConnectionPool, Connection, SSLConnection
from redis.exceptions import NoScriptError, ResponseError

from parley.redis.commands import Command, Word, command
from parley.redis.refusals import AWAY, refusal
from parley.redis.timing import ANSWERS_WITHIN_S

_AT_A_TIME = 16
"""Connections to one server. Commands are short; who finds none free waits for one."""


class Server(Protocol):
    """Whatever keeps the keys: one server, the primary of several, or a cluster.

    Everything raises AWAY (see `refusals.py`) when the server did not do as it was told.
    """

    async def carry_out(self, commands: Sequence[Command]) -> list[Any]:
        """The answers as they came, in the order of the commands. Commands over different keys may overtake others."""

    async def attempt(self, commands: Sequence[Command]) -> list[Any]:
        """The same; in place of an answer stands what went wrong with that command, if others may have gone well."""

    async def ask(self, one: Command) -> Any:
        """The answer to one command."""

    async def publish(self, payloads: Sequence[tuple[str, bytes]]) -> None:
        """Publish each payload on its channel, in this order."""

    async def check(self) -> None:
        """Return when commands are carried out. Raises ConfigurationError when they never will be as configured."""

    def listening(self) -> AbstractConnection:
        """A connection of its own, not connected yet, on which reading may take forever."""

    async def close(self) -> None:
        """End every connection but those that listen."""


class _TellsOfResets(AbstractConnection):
    async def send_packed_command(self, *arguments: Any, **named: Any) -> None:
        # Of a connection that the network has reset uvloop says so by a RuntimeError, which the driver lets through;
        # and one that another task has just ended, as `say` does with idle ones, has no writer any more.
        try:
            await super().send_packed_command(*arguments, **named)
        except (RuntimeError, AttributeError) as error:
            raise ConnectionResetError("the connection was reset") from error


class PlainConnection(_TellsOfResets, Connection):
    """A connection without TLS."""


class TlsConnection(_TellsOfResets, SSLConnection):
    """A connection in a TLS context that all share: reading the authorities takes longer than connecting."""

    def __init__(self, *, context: ssl.SSLContext, **settings: Any) -> None:
        super().__init__(**settings)
        self.ssl_context.context = context


class OneServer:
    """See Server. `settings` are those of the driver's connections, `connection_class` among them."""

    def __init__(self, **settings: Any) -> None:
        self._settings = settings
        self._pool = BlockingConnectionPool(max_connections=_AT_A_TIME, timeout=ANSWERS_WITHIN_S, **settings)

    async def carry_out(self, commands: Sequence[Command]) -> list[Any]:
        """See Server."""
        return all_or_raise(await self.attempt(commands))

    async def attempt(self, commands: Sequence[Command]) -> list[Any]:
        """See Server."""
        answers = await self.say([it.words for it in commands])
        forgotten = [at for at, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
        if forgotten:
            again = await self.say([commands[at].in_full for at in forgotten])
            for at, answer in zip(forgotten, again, strict=True):
                answers[at] = answer
        return answers

    async def say(self, commands: Sequence[Sequence[Word]]) -> list[Any]:
        """Send all at once over one connection, and return the answers, refusals among them."""
        connection = await self._pool.get_connection()  # type: ignore[no-untyped-call]
        try:
            await connection.send_packed_command(connection.pack_commands(commands))
            return [await _answer(connection) for _ in commands]
        except BaseException as error:
            # What is still to come on this connection would be taken for somebody else's answer.
            await connection.disconnect(nowait=True)
            if isinstance(error, AWAY):
                # Those that wait would each take as long to be found dead, and lead to where the server was.
                await self._pool.disconnect(inuse_connections=False)
            raise
        finally:
            await self._pool.release(connection)

    async def ask(self, one: Command) -> Any:
        """See Server."""
        (answer,) = await self.carry_out([one])
        return answer

    async def publish(self, payloads: Sequence[tuple[str, bytes]]) -> None:
        """See Server."""
        await self.carry_out([command("PUBLISH", *it) for it in payloads])

    async def check(self) -> None:
        """See Server."""
        try:
            await self.ask(command("EXISTS", "any"))
        except AWAY as error:
            raise refusal(error) or error from error

    def listening(self) -> AbstractConnection:
        """See Server."""
        # The driver would otherwise give up a subscriber that hears nothing for a few seconds.
        pool = BlockingConnectionPool(max_connections=1, **(self._settings | {"socket_timeout": None}))
        return cast("AbstractConnection", pool.make_connection())  # type: ignore[no-untyped-call]

    async def close(self) -> None:
        """See Server."""
        await self._pool.aclose()


def all_or_raise(answers: list[Any]) -> list[Any]:
    """The answers, unless something went wrong with one of them, which is raised."""
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return answers


async def _answer(connection: AbstractConnection) -> Any:
    try:
        return await connection.read_response()
    except ResponseError as error:
        return error
