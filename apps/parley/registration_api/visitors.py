"""Who is asking, as far as one request tells: which network, which program, which browser that was here before.

Nothing here is believed for more than it is worth: a network is counted, a program is named in the mail in words of our
own, and a known browser only gets a budget of its own.
"""

import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from parley.onetimecodes.model import keyed_tag

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network

_MAX_VOUCHERS = 5
_MARK = re.compile(r"[A-Za-z0-9_-]{22}(\.[0-9a-f]{64}){0,5}")
_BROWSERS = (
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True)
class Network:
    """What a client address is counted by: an IPv4 address, or the /64 of an IPv6 address.

    `is_local` marks this machine itself. All programs on a laptop share the loopback address, so its limit is another
    (OTP_LOOPBACK_PER_HOUR). Behind a reverse proxy on the same machine every client would look local: name the proxy in
    TRUSTED_PROXIES, and clients are told apart.
    """

    name: str
    is_local: bool


def client_network(peer: str | None, forwarded: str, trusted: Sequence[IPNetwork]) -> Network:
    """The network of the client behind a TCP peer. `forwarded` is X-Forwarded-For, believed only from `trusted`.

    Each trusted proxy appends whom it saw, so the list is read from its end, up to the first address that is no
    trusted proxy. What cannot be read ends the search at the last address that could.
    """
    address = _address(peer or "")
    hops = [hop.strip() for hop in forwarded.split(",")]
    while address is not None and _is_trusted(address, trusted) and hops:
        further = _address(hops.pop())
        if further is None:
            break
        address = further
    return _network(address)


def describe_client(user_agent: str) -> str:
    """Program and system behind a User-Agent, in words of our own: whatever a client writes never reaches a mail."""
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), None)
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), None)
    return f"{browser or 'an app'} on {system}" if system else browser or "an app"


@dataclass(frozen=True)
class KnownDevice:
    """The cookie of a browser that has signed in before: a random mark, and a voucher per address it signed in with.

    A voucher is a keyed hash over mark and address, so whoever signed in with one address has none for another, and
    nothing has to be looked up.
    """

    mark: str
    vouchers: tuple[str, ...] = ()

    @classmethod
    def fresh(cls) -> "KnownDevice":
        """A new mark of 128 random bits that vouches for nothing yet."""
        return cls(secrets.token_urlsafe(16))

    @classmethod
    def parse(cls, text: str) -> "KnownDevice | None":
        """The inverse of `str`; None for anything else."""
        if not _MARK.fullmatch(text):
            return None
        mark, *vouchers = text.split(".")
        return cls(mark, tuple(vouchers))

    def __str__(self) -> str:
        return ".".join((self.mark, *self.vouchers))

    def vouching_for(self, key: bytes, email: str) -> "KnownDevice":
        """This device, which has just signed in with `email`; it remembers the last five addresses."""
        mine = self._voucher(key, email)
        others = tuple(it for it in self.vouchers if it != mine)
        return KnownDevice(self.mark, (mine, *others)[:_MAX_VOUCHERS])

    def tag_for(self, key: bytes, email: str) -> str | None:
        """What limits count this device by if it has signed in with `email` before, else None."""
        mine = self._voucher(key, email)
        known = [hmac.compare_digest(mine, voucher) for voucher in self.vouchers]
        return keyed_tag(key, "device", self.mark) if any(known) else None

    def _voucher(self, key: bytes, email: str) -> str:
        return keyed_tag(key, "voucher", self.mark, email)


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """One request's sender. `browser` is the secret that a code is bound to; `client` says what it was asked with."""

    browser: str = field(repr=False)
    network: Network
    client: str
    known: KnownDevice | None = field(default=None, repr=False)


def _address(text: str) -> IPAddress | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_trusted(address: IPAddress, trusted: Sequence[IPNetwork]) -> bool:
    return any(address in network for network in trusted)


def _network(address: IPAddress | None) -> Network:
    match address:
        case None:
            return Network("unknown", is_local=False)
        case IPv6Address() if not address.is_loopback:
            return Network(str(IPv6Network((address, 64), strict=False)), is_local=False)
    return Network("loopback" if address.is_loopback else str(address), is_local=address.is_loopback)
