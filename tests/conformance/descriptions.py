"""Session descriptions and candidates as a browser makes them, without a browser."""

from itertools import count

_numbers = count(1)


def description() -> tuple[str, str]:
    """A description that nothing else equals, and its ICE user fragment."""
    number = next(_numbers)
    fragment = f"frag{number}"
    lines = [
        "v=0",
        f"o=- {1000 + number} {number} IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "c=IN IP4 0.0.0.0",
        f"a=ice-ufrag:{fragment}",
        f"a=ice-pwd:{number:024}",
        "a=mid:0",
        "a=sendrecv",
        "a=rtpmap:111 opus/48000/2",
    ]
    return "".join(f"{line}\r\n" for line in lines), fragment


def candidate_lines(fragment: str, how_many: int) -> list[str]:
    """So many different candidates of one side."""
    return [
        f"candidate:{place} 1 udp {2122260223 - place} 192.0.2.{place + 1} {50000 + place} typ host ufrag {fragment}"
        for place in range(how_many)
    ]
