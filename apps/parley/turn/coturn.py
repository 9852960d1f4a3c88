"""The one configuration of coturn, as text: the child of the embedded process has it, and so has a cluster's.

Nothing but relaying between two callers is left on. What a relay may reach is in `peers.py`; credentials are minted in
`credentials.py`. Next: `child.py`, which starts one on a laptop, and `coturn_command.py`, which
prints the text for a cluster.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from parley.turn.peers import Network, ranges

FLOOR = (4, 17, 1)
"""The oldest version that is not known to be open: earlier ones relay to mapped addresses or can be flooded."""

USER_QUOTA = 18
"""Allocations of one person at a time. A browser takes one for each network interface, URL and person it talks to: 2, 3
and 3 in a video call of four. A call of two has 6, and 12 in a restart or after a change of network, until those of the
network before have ended by themselves."""

_ALWAYS = """
use-auth-secret
fingerprint
no-tcp-relay
no-multicast-peers
no-dynamic-ip-list
no-dynamic-realms
stale-nonce=600
max-allocate-lifetime=600
max-bps=1000000
simple-log
no-stdout-log
log-file=stdout
"""

_BEFORE_FLOOR = ("no-cli", "no-dtls", "no-rfc5780", "no-software-attribute")
"""Off by itself since then, and an error in the log if it is said."""

_LINE = re.compile(r"""[^\s"'\x00-\x1f\x7f]+""")


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """Files with a chain and its private key, both PEM, and the TCP port where TURN over TLS 1.2 or later answers."""

    chain: str
    key: str
    port: int = 5349


@dataclass(frozen=True, kw_only=True)
class TurnServer:
    """What differs from one TURN server to another.

    `listening` and `relays` are addresses of the machine or pod, empty for all of them. `external` says under which
    public address peers find the relay (`public` or `public/private`), where that is another one. `secrets` are
    accepted side by side; with `database`, a file of SQLite, those in its table `turn_secret` are as well, and may
    change while coturn runs. `allowed` are the relay's own addresses: two callers who both use this relay meet there.
    `denied` are networks of the deployment that are public addresses too, or are to be named all the same.
    """

    listening: Sequence[str] = ()
    port: int = 3478
    relays: Sequence[str] = ()
    external: Sequence[str] = ()
    relay_ports: tuple[int, int] = (49160, 49200)
    realm: str = "parley"
    secrets: Sequence[str] = ()
    database: str = ""
    allowed: Sequence[str] = ()
    denied: Sequence[Network] = ()
    user_quota: int = USER_QUOTA
    total_quota: int = 100
    certificate: Certificate | None = None
    is_loopback: bool = False
    """Relays from loopback to loopback. For a laptop only: whoever may use it reaches every UDP port of the machine."""
    pid_file: str = ""
    """Empty: where coturn puts it by itself."""
    version: tuple[int, ...] = FLOOR


def configuration(server: TurnServer) -> str:
    """The text of `turnserver.conf`. It holds the secrets. Raises ValueError for a value that coturn would read as
    another one: with a blank, a quotation mark or a control character in it."""
    lines = list(_lines(server))
    if not all(_LINE.fullmatch(line) for line in lines):
        raise ValueError("a value of the TURN server's configuration holds a blank, a quotation mark or a control sign")
    return "\n".join(lines) + "\n"


def _lines(server: TurnServer) -> Iterator[str]:
    yield from _ALWAYS.split()
    yield from _BEFORE_FLOOR if server.version < FLOOR else ()
    yield f"realm={server.realm}"
    yield f"user-quota={server.user_quota}"
    yield f"total-quota={server.total_quota}"
    yield from _places(server)
    yield from _secrets(server)
    yield from _tls(server.certificate)
    yield from (f"allowed-peer-ip={it}" for it in server.allowed)
    yield from (f"denied-peer-ip={it}" for it in ranges(server.denied))
    yield from ("allow-loopback-peers",) if server.is_loopback else ()


def _places(server: TurnServer) -> Iterator[str]:
    yield f"listening-port={server.port}"
    yield from (f"listening-ip={it}" for it in server.listening)
    yield from (f"relay-ip={it}" for it in server.relays)
    yield from (f"external-ip={it}" for it in server.external)
    yield f"min-port={server.relay_ports[0]}"
    yield f"max-port={server.relay_ports[1]}"
    yield from (f"pidfile={server.pid_file}",) if server.pid_file else ()


def _secrets(server: TurnServer) -> Iterator[str]:
    yield from (f"static-auth-secret={it}" for it in server.secrets)
    yield from (f"userdb={server.database}",) if server.database else ()


def _tls(certificate: Certificate | None) -> Iterator[str]:
    if certificate is None:
        yield "no-tls"
        return
    yield f"tls-listening-port={certificate.port}"
    yield f"cert={certificate.chain}"
    yield f"pkey={certificate.key}"
