"""What a TURN URL (RFC 7065) says: where the server is, and over what it is spoken to. Next: `allocation.py`."""

import re
from dataclasses import dataclass
from typing import Literal

_URL = re.compile(r"(turns?):(\[[^\]]+\]|[^:?]+)(?::(\d+))?(?:\?transport=(udp|tcp))?")


@dataclass(frozen=True)
class TurnUrl:
    """One way to a TURN server. `turns:` over UDP, which would be DTLS, is none: we do not offer it."""

    text: str
    host: str
    port: int
    transport: Literal["udp", "tcp"]
    is_tls: bool


def parse(text: str) -> TurnUrl:
    """Read a URL whose form `TURN_SERVER_URLS` has been checked for. Raises ValueError."""
    found = _URL.fullmatch(text)
    if found is None:
        raise ValueError("no TURN URL")
    scheme, host, port, transport = found.groups()
    is_tls = scheme == "turns"
    return TurnUrl(
        text=text,
        host=host.strip("[]"),
        port=int(port or (5349 if is_tls else 3478)),
        transport="tcp" if is_tls or transport == "tcp" else "udp",
        is_tls=is_tls,
    )
