"""How the driver is told to behave, and what its errors mean; blocking, for threads. Next: `cassandra_session.py`.

The driver tries nothing again by itself: a write whose answer was lost may have been carried out, and `append.py` knows
what to do about that. It goes on reconnecting for ever, and its many lines about that are replaced by one of ours.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from cassandra import (  # type: ignore[import-untyped]
    AuthenticationFailed,
    ConfigurationException,
    ConsistencyLevel,
    DriverException,
    InvalidRequest,
    Unauthorized,
)
from cassandra.auth import PlainTextAuthProvider  # type: ignore[import-untyped]
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable, Session  # type: ignore[import-untyped]
from cassandra.connection import ConnectionException, DefaultEndPoint  # type: ignore[import-untyped]
from cassandra.io.libevreactor import LibevConnection  # type: ignore[import-untyped]
from cassandra.policies import (  # type: ignore[import-untyped]
    DCAwareRoundRobinPolicy,
    ExponentialReconnectionPolicy,
    FallthroughRetryPolicy,
    HostStateListener,
    RoundRobinPolicy,
    TokenAwarePolicy,
)
from cassandra.pool import NoConnectionsAvailable  # type: ignore[import-untyped]
from cassandra.protocol import ErrorMessage  # type: ignore[import-untyped]
from cassandra.query import dict_factory  # type: ignore[import-untyped]

from parley.configuration import ConfigurationError
from parley.messages.cassandra_urls import CassandraUrl
from parley.messages.port import LogUnavailable

ERRORS = (DriverException, ErrorMessage, NoHostAvailable, NoConnectionsAvailable, ConnectionException, OSError)
"""Everything that the driver raises when the cluster did not do as it was told."""

_PROTOCOL = 4
"""Spoken by every Cassandra in use; version 5 adds checksums, which this driver computes in Python."""

_SILENT_S = 3.0
"""After how long a connection that says nothing is asked whether it is alive, and how long it may take to answer."""

_log = logging.getLogger("parley.messages.cassandra")


@contextmanager
def connected(url: CassandraUrl, request_s: float) -> Iterator[Session]:
    """A session on the cluster, closed at the end. Raises LogUnavailable and ConfigurationError.

    `request_s` is how long one request, and before it connecting, may take, in seconds.
    """
    session = connect(url, request_s)
    try:
        yield session
    finally:
        session.cluster.shutdown()


def connect(url: CassandraUrl, request_s: float) -> Session:
    """See `connected`; whoever calls this closes the cluster of the session."""
    logging.getLogger("cassandra").setLevel(logging.CRITICAL)
    with told(url):
        cluster = _cluster(url, request_s)
    try:
        with told(url):
            session = cluster.connect()
    except BaseException as error:
        known = {str(host.datacenter) for host in cluster.metadata.all_hosts() if host.datacenter}
        cluster.shutdown()
        if isinstance(error, LogUnavailable) and url.dc is not None and known and url.dc not in known:
            raise _refused(f"there is no data centre '{url.dc}', only {', '.join(sorted(known))}") from error
        raise
    cluster.register_listener(_Nodes())
    return session


@contextmanager
def told(url: CassandraUrl) -> Iterator[None]:
    """Raises LogUnavailable or ConfigurationError for what the driver raises in the block."""
    try:
        yield
    except ERRORS as error:
        raise refusal(url, error) or LogUnavailable() from error


def refusal(url: CassandraUrl, error: BaseException | None) -> ConfigurationError | None:
    """What is told if an error of the driver will not pass by waiting; None if it may."""
    reasons = _reasons(error)
    rejected = [it for it in reasons if isinstance(it, AuthenticationFailed) and "Unable to perform" not in str(it)]
    if rejected:
        return _refused("the cluster does not accept this user and password")
    # The driver turns the error of TLS into one of its own, in which only the text is left.
    if any(isinstance(it, OSError) and "CERTIFICATE_VERIFY_FAILED" in str(it) for it in reasons):
        return _refused("the cluster's certificate is not trusted; name its authority with ssl_ca")
    if any(isinstance(it, Unauthorized) for it in reasons):
        return _refused(f"this user may not use the keyspace '{url.keyspace}'")
    if any(isinstance(it, ConfigurationException) for it in reasons):
        return _refused(f"the cluster cannot replicate as {dict(url.replication)}")
    if any(isinstance(it, InvalidRequest) for it in reasons):
        return _refused(
            f"the keyspace '{url.keyspace}' is missing or not up to date; run 'python -m parley migrate' once"
        )
    return None


def reason(error: BaseException | None) -> str:
    """The names of the errors behind one, for a line in a log; nothing of what they say."""
    return ", ".join(sorted({type(it).__name__ for it in _reasons(error)}))


def _reasons(error: BaseException | None) -> list[BaseException | None]:
    if isinstance(error, NoHostAvailable) and isinstance(error.errors, Mapping):
        return list(error.errors.values()) or [error]
    return [error]


def _refused(sentence: str) -> ConfigurationError:
    return ConfigurationError(f"MESSAGE_LOG_URL: {sentence}.")


def _cluster(url: CassandraUrl, request_s: float) -> Cluster:
    # An end point keeps the name, which is looked up again at each attempt: a node may come back elsewhere.
    return Cluster(
        contact_points=[DefaultEndPoint(*node) for node in url.nodes],
        port=url.nodes[0][1],
        connection_class=LibevConnection,
        auth_provider=PlainTextAuthProvider(url.user, url.password) if url.user else None,
        ssl_context=url.tls,
        protocol_version=_PROTOCOL,
        execution_profiles={EXEC_PROFILE_DEFAULT: _profile(url, request_s)},
        reconnection_policy=ExponentialReconnectionPolicy(0.5, 5.0, max_attempts=None),
        connect_timeout=request_s,
        control_connection_timeout=request_s,
        idle_heartbeat_interval=_SILENT_S,
        idle_heartbeat_timeout=max(_SILENT_S, request_s),
        compression=False,
        monitor_reporting_enabled=False,
    )


def _profile(url: CassandraUrl, request_s: float) -> ExecutionProfile:
    nearby = DCAwareRoundRobinPolicy(url.dc) if url.dc else RoundRobinPolicy()
    return ExecutionProfile(
        # The same replica first for all, so that conditional inserts into one conversation seldom meet.
        load_balancing_policy=TokenAwarePolicy(nearby, shuffle_replicas=False),
        retry_policy=FallthroughRetryPolicy(),
        consistency_level=ConsistencyLevel.LOCAL_QUORUM,
        serial_consistency_level=ConsistencyLevel.LOCAL_SERIAL,
        request_timeout=request_s,
        row_factory=dict_factory,
    )


class _Nodes(HostStateListener):  # type: ignore[misc] # the driver has no types
    """One line when a node goes, and one when it is back."""

    def on_down(self, host: Any) -> None:
        _log.warning("Cassandra: the node %s does not answer.", host.endpoint)

    def on_up(self, host: Any) -> None:
        _log.warning("Cassandra: the node %s answers again.", host.endpoint)

    def on_add(self, host: Any) -> None:
        """A new node needs no line."""

    def on_remove(self, host: Any) -> None:
        """Nor does one that was taken away."""
