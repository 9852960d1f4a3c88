"""When a picture counts as one that moves."""

import pytest
from av import VideoFrame

from parley.callcheck.media import Movement


def frame(shade, width=160):
    made = VideoFrame(width=width, height=120)
    for plane in made.planes:
        plane.update(bytes([shade]) * plane.buffer_size)
    return made


def seen(*frames):
    movement = Movement()
    for it in frames:
        movement.see(it)
    return movement.frames, movement.has_moved


def test_a_picture_that_stands_still():
    """Frames that differ by no more than coding makes them are counted and do not move."""
    assert seen(frame(100), frame(100), frame(140), frame(60)) == (4, False)


def test_a_picture_that_moves():
    """One frame that differs by more is enough, whatever comes after."""
    assert seen(frame(100), frame(141), frame(100)) == (3, True)


def test_another_size_begins_anew():
    """An encoder that changes its size has not moved the picture."""
    assert seen(frame(100), frame(200, width=80)) == (2, False)


def test_sound_is_no_picture():
    """Whatever else comes in is a mistake of the peer, and is said."""
    with pytest.raises(TypeError, match="str is no picture"):
        seen("beep")
