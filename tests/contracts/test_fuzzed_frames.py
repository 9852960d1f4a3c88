"""Twenty thousand texts that are nearly frames: the decoder and the schema judge each of them alike."""

import json

import msgspec
import pytest
from support.frames import accepts
from support.fuzzing import frames

from parley.contracts.client_frames import InvalidFrame, MalformedFrame, decode

ROUNDS, EACH = 10, 2_000

accepted = accepts("client")


def verdict(text):
    """What the decoder makes of a text; a frame as JSON again, without the members that its type does not name."""
    try:
        frame = decode(text)
    except InvalidFrame:
        return "invalid"
    except MalformedFrame:
        return "malformed"
    return "ignored" if frame is None else json.loads(msgspec.json.encode(frame))


def is_frame(text):
    """Whether the text is a frame to the schema, of those that are JSON as RFC 7493 has it."""
    if "\\ud800" in text or "Infinity" in text:
        return False
    try:
        return accepted(json.loads(text))
    except (ValueError, RecursionError):
        return False


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_decoder_and_schema_agree(seed):
    """What is a frame to the schema is one to the decoder, which lets nothing through that the schema refuses."""
    verdicts = set()
    for text in frames(seed, EACH):
        found = verdict(text)
        if isinstance(found, dict):
            assert accepted(found), text
        else:
            assert not is_frame(text), text
            verdicts.add(found)
    assert verdicts >= {"invalid", "malformed"}
