"""WebSocket frames as a server sends them (RFC 6455, 5.2), without I/O.

A frame from a server is not masked, so the same bytes serve every member of a conversation.
"""

_FIN_TEXT = 0x81


def frame_text(payload: bytes) -> bytes:
    """One unfragmented text message, ready for the transport. `payload` is UTF-8."""
    length = len(payload)
    if length < 126:
        return bytes((_FIN_TEXT, length)) + payload
    if length < 65_536:
        return bytes((_FIN_TEXT, 126)) + length.to_bytes(2) + payload
    return bytes((_FIN_TEXT, 127)) + length.to_bytes(8) + payload
