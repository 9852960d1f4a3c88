"""The WebSocket endpoint: lets connections in, reads their frames one after another, performs what the rules say.

Frames of one connection are served in order, and the next is read when the one before is done and its answer is on its
way: whoever does not read the answers is not read either. Plain ASGI, because nothing of a web framework is needed.
"""

import asyncio
import logging
import random
import time
from collections.abc import Collection
from typing import Any, Protocol

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from parley.chat_service.connection import Connection
from parley.chat_service.conversation import Close, Conversation, Effect, Refuse, Serve
from parley.chat_service.model import HELLO_WITHIN_S, CloseCode
from parley.chat_service.ports import LINK, Link
from parley.contracts import frames
from parley.contracts.client_frames import ClientFrame, Hello, Request
from parley.contracts.problems import ProblemError
from parley.identity.model import Caller
from parley.identity.port import Sessions
from parley.rest.credentials import Credentials, find_credentials
from parley.rest.origin import refusal
from parley.rest.problems import response
from parley.telemetry.context import binding

_BINARY = Close(CloseCode.PROTOCOL_ERROR, "frames are text")

_log = logging.getLogger("parley.chat_service")


class Service(Protocol):
    """What the gateway needs done (`service/`)."""

    def open(self, link: Link, rules: Conversation, caller: Caller) -> Connection:
        """A new connection, not greeted yet."""

    async def serve(self, connection: Connection, frame: ClientFrame) -> None:
        """Carry one frame out and send its reply. Raises ProblemError."""

    async def close(self, connection: Connection) -> None:
        """The connection is gone."""

    @property
    def is_draining(self) -> bool:
        """Whether new connections should go elsewhere."""


class Gateway:
    """An ASGI application for one path. `allowed` are the origins of pages that may connect with a cookie.

    `frames` counts what was read, for whoever watches the process.
    """

    def __init__(self, service: Service, sessions: Sessions, allowed: Collection[str]) -> None:
        self._service, self._sessions, self._allowed = service, sessions, frozenset(allowed)
        self.frames = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        headers = Headers(scope=scope)
        credentials = find_credentials(headers)
        problem = self._objection(headers, credentials)
        if problem is not None:
            return await _deny(send, problem)
        try:
            caller = await self._sessions.resolve(credentials.token) if credentials else None
        except ProblemError as unavailable:
            return await _deny(send, unavailable)
        link: Link = scope["extensions"][LINK]
        if frames.SUBPROTOCOL not in scope["subprotocols"]:
            await send({"type": "websocket.accept"})
            return link.close(CloseCode.NO_SUBPROTOCOL, f"offer {frames.SUBPROTOCOL}")
        await send({"type": "websocket.accept", "subprotocol": frames.SUBPROTOCOL})
        if caller is None:
            # A browser hides the status of a refused upgrade from its page, but not a close code.
            return link.close(CloseCode.SIGNED_OUT, "not signed in")
        await self._converse(link, caller, receive)

    def _objection(self, headers: Headers, credentials: Credentials | None) -> ProblemError | None:
        if self._service.is_draining:
            return ProblemError("unavailable", retry_after_ms=1000)
        with_cookie = credentials is not None and credentials.from_cookie
        reason = refusal("GET", headers, with_cookie, self._allowed, upgrade=True)
        return ProblemError("bad-origin", reason) if reason else None

    async def _converse(self, link: Link, caller: Caller, receive: Receive) -> None:
        offset = random.uniform(-1, 1)  # noqa: S311 -- spreads pings, protects nothing
        connection = self._service.open(link, Conversation(time.monotonic(), offset), caller)
        with binding(connection_id=connection.id):
            try:
                await self._read_hello(connection, receive)
                while await self._read(connection, receive):
                    pass
            finally:
                await self._service.close(connection)

    async def _read_hello(self, connection: Connection, receive: Receive) -> None:
        try:
            async with asyncio.timeout(HELLO_WITHIN_S):
                message = await receive()
        except TimeoutError:
            return connection.close(CloseCode.HEARTBEAT_LOST, "no hello")
        await self._handle(connection, message)
        if not connection.party:
            connection.close(CloseCode.PROTOCOL_ERROR, "the first frame must be hello")

    async def _read(self, connection: Connection, receive: Receive) -> bool:
        await connection.link.drained()
        return not connection.is_closed and await self._handle(connection, await receive())

    async def _handle(self, connection: Connection, message: Any) -> bool:
        """Do what one ASGI message asks for; False when it was the last."""
        if message["type"] != "websocket.receive":
            return False
        self.frames += 1
        text = message.get("text")
        effect = connection.rules.received(text, time.monotonic()) if text is not None else _BINARY
        await self._perform(connection, effect)
        return True

    async def _perform(self, connection: Connection, effect: Effect) -> None:
        match effect:
            case Serve(frame):
                await self._serve(connection, frame)
            case Refuse(request, problem):
                connection.send(frames.refusal(request, problem))
            case Close(code, reason):
                connection.close(code, reason)

    async def _serve(self, connection: Connection, frame: ClientFrame) -> None:
        try:
            await self._service.serve(connection, frame)
        except ProblemError as problem:
            self._refuse(connection, frame, problem)
        except Exception:  # noqa: BLE001 -- one frame must not end the process; it is logged and the client is told
            _log.exception("a frame of kind %s could not be served", type(frame).__name__)
            connection.close(CloseCode.INTERNAL_ERROR, "internal error")

    def _refuse(self, connection: Connection, frame: ClientFrame, problem: ProblemError) -> None:
        if isinstance(frame, Request):
            connection.send(frames.refusal(frame.id, problem))
        closing = connection.rules.violated(time.monotonic()) if problem.slug == "rate-limited" else None
        if closing is not None:
            connection.close(closing.code, closing.reason)
        elif isinstance(frame, Hello):
            connection.close(CloseCode.INTERNAL_ERROR, "not greeted")


async def _deny(send: Send, problem: ProblemError) -> None:
    answer = response(problem)
    await send({"type": "websocket.http.response.start", "status": answer.status_code, "headers": answer.raw_headers})
    await send({"type": "websocket.http.response.body", "body": answer.body})
