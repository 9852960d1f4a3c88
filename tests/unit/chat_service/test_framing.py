"""Frames as a server sends them."""

import pytest
from websockets.frames import Frame, Opcode

from parley.chat_service.framing import frame_text


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65_535, 65_536, 262_144])
def test_frames_are_those_of_rfc_6455(length):
    """At each border of the length encodings the bytes are those that the websockets library makes."""
    payload = b"x" * length
    assert frame_text(payload) == Frame(Opcode.TEXT, payload).serialize(mask=False)
