"""What is published on channels, as bytes and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.configuration import ConfigurationError
from parley.fanout import channels
from parley.fanout.opening import open_fanout

PUBLISHED = st.builds(channels.Published, st.integers(0, 2**32 - 1), st.integers(0, 2**53 - 1), st.binary(max_size=99))


@given(PUBLISHED)
def test_what_is_packed_is_unpacked(published):
    """Place and frame come back as they were given, whatever bytes the frame has."""
    assert channels.unpack(channels.pack(published)) == published


@given(PUBLISHED)
def test_a_frame_travels_as_it_goes_out(published):
    """The frame stands whole at the end of the payload, so that it is never encoded again."""
    assert channels.pack(published).endswith(published.frame)


@pytest.mark.parametrize(("seq", "is_entry"), [(0, False), (1, True), (2**53 - 1, True)])
def test_entries_have_a_number(seq, is_entry):
    """What has a sequence number is an entry of the log, everything else a notice."""
    assert channels.Published(1, seq, b"{}").is_entry == is_entry


@pytest.mark.parametrize("payload", [b"", b"\x01", b"\x07" * 40, b"{" * 40])
def test_other_bytes_are_refused(payload):
    """Bytes that nobody here has packed are refused instead of being shown to anybody."""
    with pytest.raises(ValueError):
        channels.unpack(payload)


def test_channels_do_not_meet():
    """The channels of one id are three, and none of them is that of ended sessions."""
    names = {channels.conversation("x"), channels.account("x"), channels.presence("x"), channels.REVOKED}
    assert len(names) == 4


def test_an_unknown_fanout_stops_the_start():
    """A server that no adapter answers to is told without its password."""
    with pytest.raises(ConfigurationError, match=r"REDIS_URL.*pigeon:.*inprocess:") as error:
        open_fanout("pigeon://user:secret@loft")
    assert "secret" not in str(error.value)
