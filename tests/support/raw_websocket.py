"""A WebSocket client that does what it is told, right or wrong: bytes on a TCP connection."""

import base64
import json
import os
import socket
import struct
import uuid
from typing import Any
from urllib.parse import urlsplit

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_WAIT_S = 20.0


class RawWebSocket:
    """One connection; `status` is what the server answered to the upgrade."""

    def __init__(self, url: str, headers: dict[str, str], subprotocol: str | None = "chat.v1.json") -> None:
        place = urlsplit(url)
        self.hung_up = False
        self._socket = socket.create_connection((place.hostname, place.port), _WAIT_S)
        self._reader = self._socket.makefile("rb")
        offered = {"Sec-WebSocket-Protocol": subprotocol} if subprotocol else {}
        key = base64.b64encode(os.urandom(16)).decode()
        lines = {
            "Host": place.netloc,
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": key,
            **offered,
            **headers,
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self._socket.sendall(f"GET /ws HTTP/1.1\r\n{head}\r\n".encode())
        self.status, self.answer = self._read_head()

    def send(self, opcode: int, payload: bytes = b"", *, fin: bool = True, masked: bool = True, rsv: int = 0) -> None:
        """One frame, as right or wrong as asked for."""
        first = (0x80 if fin else 0) | rsv << 4 | opcode
        length = len(payload)
        if length < 126:
            head = bytes((first, length | (0x80 if masked else 0)))
        elif length < 65_536:
            head = bytes((first, 126 | (0x80 if masked else 0))) + struct.pack(">H", length)
        else:
            head = bytes((first, 127 | (0x80 if masked else 0))) + struct.pack(">Q", length)
        mask = os.urandom(4) if masked else b""
        body = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload)) if masked else payload
        self.send_bytes(head + mask + body)

    def send_bytes(self, data: bytes) -> None:
        """Bytes as they are; a server that has hung up already does not mind."""
        try:
            self._socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            self.hung_up = True

    def send_json(self, kind: str, data: Any, request: str | None = None) -> None:
        frame = {"t": kind, "d": data} | ({"id": request} if request else {})
        self.send(TEXT, json.dumps(frame).encode())

    def greet(self) -> "RawWebSocket":
        """Say hello and read until the past has come."""
        self.send_json("hello", {"party": str(uuid.uuid4()), "cursors": {}}, str(uuid.uuid4()))
        self.read_until("synced")
        return self

    def read_until(self, kind: str) -> Any:
        """The next push of this kind."""
        while True:
            opcode, payload = self.read()
            assert opcode == TEXT, (opcode, payload)
            frame = json.loads(payload)
            if frame.get("t") == kind:
                return frame

    def read(self) -> tuple[int, bytes]:
        """The next frame: opcode and payload."""
        first, second = self._exactly(2)
        assert second < 128, "a server must not mask"
        length = second
        if length >= 126:
            length = int.from_bytes(self._exactly(2 if length == 126 else 8))
        return first & 0x0F, self._exactly(length)

    def close_code(self) -> int:
        """The code with which the server closes; everything before it is read and dropped."""
        while True:
            opcode, payload = self.read()
            if opcode == CLOSE:
                return int.from_bytes(payload[:2])

    def is_over(self) -> bool:
        """Whether the server has ended the TCP connection, once it has."""
        return self._reader.read(1) == b""

    def end(self) -> None:
        """Hang up."""
        self._reader.close()
        self._socket.close()

    def _read_head(self) -> tuple[int, str]:
        status = int(self._reader.readline().split()[1])
        lines = []
        while (line := self._reader.readline()) not in (b"\r\n", b""):
            lines.append(line.decode())
        return status, "".join(lines)

    def _exactly(self, count: int) -> bytes:
        data = self._reader.read(count)
        if len(data) < count:
            raise EOFError("the server has hung up")
        return data
