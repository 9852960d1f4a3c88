"""What a REDIS_URL says, without connecting. Next: `connections.py`, which opens what is named here.

One server, the sentinels that know which server is the primary, or some nodes of a cluster; a scheme that begins with
`rediss` means TLS everywhere. Names and options are those that redis-py and its users know.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from parley.configuration import ConfigurationError

SERVER, SENTINEL, CLUSTER = "server", "sentinel", "cluster"

_FORMS = {
    SERVER: "{scheme}://[user:password@]host[:port][/database]",
    SENTINEL: "{scheme}://[user:password@]host[:port][,host[:port]…]/service[/database]",
    CLUSTER: "{scheme}://[user:password@]host[:port][,host[:port]…]",
}
_PORTS = {SERVER: 6379, SENTINEL: 26379, CLUSTER: 6379}
_KINDS = {
    scheme + tail: kind
    for scheme in ("redis", "rediss")
    for tail, kind in (("", SERVER), ("+sentinel", SENTINEL), ("+cluster", CLUSTER))
}
_PLACES = {
    SERVER: re.compile(r"(?:/(?P<database>\d{1,4})?)?"),
    SENTINEL: re.compile(r"/(?P<service>[^/]+)(?:/(?P<database>\d{1,4})?)?"),
    CLUSTER: re.compile(r"(?:/(?P<database>0)?)?"),
}
_NODE = re.compile(r"(?:\[(?P<ipv6>[0-9A-Fa-f:.]+)\]|(?P<name>[^\[\]:/\s]+))(?::(?P<port>\d{1,5}))?")
CA, _CHECKS_NAME = "ssl_ca_certs", "ssl_check_hostname"
_SENTINEL_USER, _SENTINEL_PASSWORD = "sentinel_username", "sentinel_password"

Node = tuple[str, int]


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where to find what. `nodes` are the server, the sentinels or some of the cluster; `service` is for sentinels.

    `ca_file` is trusted instead of the system's authorities; empty means those.
    """

    kind: str
    nodes: tuple[Node, ...]
    service: str = ""
    database: int = 0
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    sentinel_username: str | None = None
    sentinel_password: str | None = field(default=None, repr=False)
    is_tls: bool = False
    ca_file: str = ""
    checks_hostname: bool = True


def is_redis(scheme: str) -> bool:
    """Whether URLs with this scheme, told without its colon, are read here."""
    return scheme in _KINDS


def parse(url: str) -> Address:
    """Read a URL whose scheme `is_redis`. Raises ConfigurationError with one sentence that repeats no password."""
    scheme, _, rest = url.partition("://")
    kind = _KINDS.get(scheme.partition(":")[0])
    if kind is None or "#" in rest:
        raise _malformed(scheme, kind or SERVER)
    location, _, query = rest.partition("?")
    hosts, slash, path = location.partition("/")
    credentials, _, hosts = hosts.rpartition("@")
    place = _PLACES[kind].fullmatch(slash + path)
    nodes = [_node(host, _PORTS[kind]) for host in hosts.split(",")]
    if place is None or None in nodes or (kind == SERVER and len(nodes) > 1):
        raise _malformed(scheme, kind)
    found = place.groupdict()
    username, _, password = credentials.partition(":")
    options = _options(query, kind, is_tls=scheme.startswith("rediss"))
    return Address(
        kind=kind,
        nodes=tuple(node for node in nodes if node),
        service=unquote(found.get("service") or ""),
        database=int(found["database"] or 0),
        username=unquote(username) or None,
        password=unquote(password) or None,
        sentinel_username=options.get(_SENTINEL_USER),
        sentinel_password=options.get(_SENTINEL_PASSWORD),
        is_tls=scheme.startswith("rediss"),
        ca_file=options.get(CA, ""),
        checks_hostname=options.get(_CHECKS_NAME, "true") == "true",
    )


def _node(text: str, port: int) -> Node | None:
    found = _NODE.fullmatch(text)
    if found is None:
        return None
    number = int(found["port"] or port)
    return (found["ipv6"] or found["name"], number) if 0 < number < 2**16 else None


def _options(query: str, kind: str, *, is_tls: bool) -> Mapping[str, str]:
    known = (CA, _CHECKS_NAME) * is_tls + (_SENTINEL_USER, _SENTINEL_PASSWORD) * (kind == SENTINEL)
    options = dict(parse_qsl(query, keep_blank_values=True))
    unknown = sorted(set(options) - set(known))
    if unknown:
        hint = f"use one of {', '.join(known)}" if known else "there are none without TLS"
        raise ConfigurationError(f"REDIS_URL: the option '{unknown[0]}' is not known; {hint}.")
    if options.get(_CHECKS_NAME, "true") not in ("true", "false"):
        raise ConfigurationError(f"REDIS_URL: the option '{_CHECKS_NAME}' is true or false.")
    return options


def _malformed(scheme: str, kind: str) -> ConfigurationError:
    form = _FORMS[kind].format(scheme=scheme if scheme in _KINDS else "redis")
    return ConfigurationError(f"REDIS_URL: this is not {form}.")
