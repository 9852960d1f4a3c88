"""What MESSAGE_LOG_URL says about a Cassandra cluster, read without the driver. Next: `cassandra_cluster.py`."""

import re
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from parley.configuration import ConfigurationError
from parley.tls import trusting

_FORM = "cassandra://[user:password@]host[:port],host[:port]/keyspace?dc=name"
_OPTIONS = ("dc", "replication", "ssl", "ssl_ca", "ssl_check_hostname")
_PORT = 9042
_COPIES = 3
"""How many copies of a row there are by default: with one of three away, two still agree."""

_HOST = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[^\s:\[\]]+))(?::(?P<port>\d{1,5}))?")
_KEYSPACE = re.compile(r"[a-z][a-z0-9_]{0,47}")
"""What needs no quotes in CQL, so that the name can be written into statements."""


@dataclass(frozen=True, kw_only=True)
class CassandraUrl:
    """Where the nodes are, how to get in, and how a keyspace is replicated that is not there yet."""

    nodes: Sequence[tuple[str, int]]
    keyspace: str
    dc: str | None = None
    copies: int = 1
    user: str | None = None
    password: str = field(default="", repr=False)
    tls: ssl.SSLContext | None = None

    @property
    def replication(self) -> Mapping[str, str | int]:
        """The replication of the keyspace in the words of CQL; one node that names no data centre is a laptop."""
        if self.dc is None:
            return {"class": "SimpleStrategy", "replication_factor": 1}
        return {"class": "NetworkTopologyStrategy", self.dc: self.copies}


def parse_cassandra_url(url: str) -> CassandraUrl:
    """Read a URL of this form: `cassandra://[user:password@]h1[:port],h2/keyspace?dc=…&replication=…&ssl=…`.

    Raises ConfigurationError in one sentence that repeats neither user nor password.
    """
    parts = _split(url)
    options = _options(parts.query)
    login, _, hosts = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    nodes = [_node(host) for host in hosts.split(",")]
    return CassandraUrl(
        nodes=nodes,
        keyspace=_keyspace(parts.path.removeprefix("/")),
        dc=_dc(options, nodes),
        copies=_copies(options, nodes),
        user=unquote(user) or None,
        password=unquote(password),
        tls=_tls(options),
    )


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise _refused(f"it is not a URL like {_FORM}") from None


def _refused(sentence: str) -> ConfigurationError:
    return ConfigurationError(f"MESSAGE_LOG_URL: {sentence}.")


def _node(host: str) -> tuple[str, int]:
    found = _HOST.fullmatch(host)
    port = int(found["port"] or _PORT) if found else 0
    if found is None or not 0 < port < 65536:
        raise _refused(f"name the nodes, as in {_FORM}")
    return found["v6"] or found["name"], port


def _keyspace(name: str) -> str:
    if not _KEYSPACE.fullmatch(name):
        raise _refused("name a keyspace of small letters, digits and underscores, at most 48 of them")
    return name


def _options(query: str) -> Mapping[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    unknown = sorted(set(options) - set(_OPTIONS))
    if unknown:
        raise _refused(f"the option '{unknown[0]}' is not known; use one of {', '.join(_OPTIONS)}")
    return options


def _dc(options: Mapping[str, str], nodes: Sequence[object]) -> str | None:
    dc = options.get("dc")
    if dc is None and (len(nodes) > 1 or "replication" in options):
        raise _refused("name the data centre of the nodes with dc=…, as 'nodetool status' tells it")
    if dc is not None and not re.fullmatch(r"[\w .-]+", dc):
        raise _refused("the option 'dc' is the name of a data centre")
    return dc


def _copies(options: Mapping[str, str], nodes: Sequence[object]) -> int:
    copies = options.get("replication", str(min(_COPIES, len(nodes))))
    if not re.fullmatch(r"[1-9]\d?", copies):
        raise _refused("the option 'replication' is how many copies there are of a row, from 1 to 99")
    return int(copies)


def _tls(options: Mapping[str, str]) -> ssl.SSLContext | None:
    authority = options.get("ssl_ca")
    checks_name = _flag(options, "ssl_check_hostname", default=True)
    if not _flag(options, "ssl", default=authority is not None):
        return None
    return trusting("MESSAGE_LOG_URL", "ssl_ca", authority, checks_name=checks_name)


def _flag(options: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = options.get(name, str(default).lower())
    if value not in ("true", "false"):
        raise _refused(f"the option '{name}' is true or false")
    return value == "true"
