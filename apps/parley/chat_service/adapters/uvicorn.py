"""uvicorn's WebSocket protocol, opened up: the transport under each connection is reachable, as a `Link`.

The handshake, fragments, masks, control frames and size limits stay uvicorn's and websockets'. What is written to many
members does not pass through ASGI, whose message per member and await per message would cost more than the send itself.
"""

from collections.abc import Callable
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request
from websockets.protocol import State

from parley.chat_service.ports import LINK, Flow


class ChatProtocol(WebSocketsSansIOProtocol):
    """One connection; see the port `Link`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._listener: Flow | None = None

    @property
    def sink(self) -> Callable[[bytes], None]:
        """See the port."""
        return self.transport.write

    def write(self, data: bytes) -> None:
        """See the port."""
        if not self.close_sent and not self.transport.is_closing():
            self.transport.write(data)

    def close(self, code: int, reason: str) -> None:
        """See the port."""
        if self.close_sent or self.transport.is_closing() or self.conn.state is not State.OPEN:
            return
        self._stop()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        # The peer's answer must be read, and a peer that reads nothing must not keep what was written to it.
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.abort)

    def attach(self, listener: Flow) -> None:
        """See the port."""
        self._listener = listener

    def waiting(self) -> int:
        """See the port."""
        return self.transport.get_write_buffer_size()

    async def drained(self) -> None:
        """See the port."""
        await self.writable.wait()

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if hasattr(self, "scope"):
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[LINK] = self

    async def send(self, message: Any) -> None:
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            # uvicorn would take the refusal of an upgrade for an application that forgot to answer, and log an error.
            self.handshake_complete = True

    def send_receive_event_to_app(self) -> None:
        # uvicorn would log a traceback for every client that sends something else.
        if self.curr_msg_data_type == "text" and not self.close_sent and not _is_utf8(b"".join(self.frames)):
            self.conn.send_close(1007)
            self.handle_parser_exception()
            return
        super().send_receive_event_to_app()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._listener is not None:
            self._listener.pause()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._listener is not None:
            self._listener.resume()

    def handle_close(self, event: Frame) -> None:
        self._stop()
        super().handle_close(event)

    def handle_parser_exception(self) -> None:
        self._stop()
        super().handle_parser_exception()

    def shutdown(self) -> None:
        self._stop()
        super().shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def _stop(self) -> None:
        # The listener is let go, so that what the transport still drains does not make it write again.
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.pause()


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
