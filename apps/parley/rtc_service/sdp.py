"""Is this text a session description? The line grammar of RFC 8866, as far as every description has it.

What a browser would refuse beyond that is between the two browsers. Lines may end with LF alone, as RFC 8866 asks a
reader to accept. Next: `session.py`, where descriptions are kept.
"""

import re
from collections.abc import Iterator, Sequence

_LINE = re.compile(r"[a-z]=[^\x00\r\n]+")
_ORIGIN = re.compile(r"o=\S+ \d+ \d+ [A-Za-z0-9]+ [A-Za-z0-9]+ \S+")
_TIMING = re.compile(r"t=\d+ \d+")
_MEDIA = re.compile(r"m=[!-~]+ \d+(/\d+)? [!-~]+( [!-~]+)+")
_FRAGMENT = re.compile(r"^a=ice-ufrag:([A-Za-z0-9+/]{4,256})\r?$", re.MULTILINE)


def fault_in(sdp: str) -> str | None:
    """What keeps the text from being a description, as a sentence; None for a description."""
    lines = _lines(sdp)
    return next(_faults(lines), None)


def fragments_in(sdp: str) -> frozenset[str]:
    """The ICE user fragments (RFC 8839) of a description: candidates with another one belong to an earlier one."""
    return frozenset(_FRAGMENT.findall(sdp))


def _lines(sdp: str) -> Sequence[str]:
    lines = [line.removesuffix("\r") for line in sdp.split("\n")]
    return lines[:-1] if lines[-1] == "" else lines


def _faults(lines: Sequence[str]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if not _LINE.fullmatch(line):
            yield f"Line {number} of the SDP is no `letter=value`."
    if lines[:1] != ["v=0"]:
        yield "SDP begins with v=0."
    if not _ORIGIN.fullmatch(lines[1] if len(lines) > 1 else ""):
        yield "The second line of SDP is o= with six members."
    if not (lines[2] if len(lines) > 2 else "").startswith("s="):
        yield "The third line of SDP is s=."
    media = [at for at, line in enumerate(lines) if line.startswith("m=")]
    if not media:
        yield "SDP has at least one m= line."
    if not any(_TIMING.fullmatch(line) for line in lines[: media[0]]):
        yield "SDP has a t= line with two numbers before its first m= line."
    for at in media:
        if not _MEDIA.fullmatch(lines[at]):
            yield f"Line {at + 1} of the SDP is no m= with media, port, protocol and formats."
