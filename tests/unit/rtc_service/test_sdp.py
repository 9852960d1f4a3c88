"""What counts as a session description, line by line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.signaling import sdp

from parley.rtc_service.sdp import fault_in, fragments_in

BROWSERS = """v=0
o=mozilla...THIS_IS_SDPARTA-99.0 7110270123908431047 0 IN IP4 0.0.0.0
s=-
t=0 0
a=sendrecv
a=fingerprint:sha-256 0F:74:31:25:CB:A2:13:EC:28:6F:6D:2C:61:FF:5D:C2:BC:B9:DB:3D:98:14:8D:1A:BB:EA:33:0C:A4:60:A8:8E
a=group:BUNDLE 0 1
m=audio 9 UDP/TLS/RTP/SAVPF 109 9 0 8 101
c=IN IP4 0.0.0.0
a=ice-ufrag:4cd52d06
a=mid:0
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 0.0.0.0
a=ice-ufrag:4cd52d06
a=mid:1
"""


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_browsers_descriptions_pass(end):
    """A description as browsers write it passes with either line end, with and without the last one."""
    for text in (BROWSERS, sdp().replace("\r\n", "\n")):
        ended = text.replace("\n", end)
        assert fault_in(ended) is None
        assert fault_in(ended.removesuffix(end)) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("v=0\n", ""),
        ("v=0", "v=1"),
        ("o=mozilla", "o=two words"),
        ("o=", "x="),
        ("s=-\n", ""),
        ("t=0 0\n", ""),
        ("t=0 0", "t=now"),
        ("m=audio 9 ", "m=audio "),
        ("m=audio 9 UDP/TLS/RTP/SAVPF 109 9 0 8 101", "m=audio 9 UDP/TLS/RTP/SAVPF"),
        ("m=", "a="),
        ("a=mid:0", "mid:0"),
        ("a=mid:0", "A=mid:0"),
        ("a=mid:0", "a ="),
        ("a=mid:0", "a="),
        ("a=mid:0", "a=mid\x00"),
        ("a=mid:0\n", "a=mid:0\n\n"),
        ("a=mid:0\n", "a=mid:0\r"),
    ],
)
def test_each_essential_is_asked_for(old, new):
    """Without any one of its essentials a text is no description, and a sentence says which is missing."""
    assert old in BROWSERS
    fault = fault_in(BROWSERS.replace(old, new))
    assert fault is not None
    assert fault.endswith(".")


def test_a_timing_counts_before_the_first_media_only():
    """A t= line that comes after the first m= line is none."""
    assert fault_in(BROWSERS.replace("t=0 0\n", "") + "t=0 0\n") is not None


@given(st.text())
def test_any_text_is_judged(text):
    """Whatever the text is, there is a verdict and no failure."""
    assert fault_in(text) is None or isinstance(fault_in(text), str)


def test_fragments():
    """Every ICE user fragment of a description is found, once, in whichever line ends."""
    assert fragments_in(BROWSERS) == {"4cd52d06"}
    assert fragments_in(sdp("ab+/") + "a=ice-ufrag:wxyz\r\n") == {"ab+/", "wxyz"}
    assert fragments_in("v=0") == frozenset()
