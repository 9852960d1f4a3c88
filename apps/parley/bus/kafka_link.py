"""The way to Kafka's brokers: what every connection is told, why none can be made, and the topics that must be there.

Next: `kafka_producer.py` and `kafka_consumer.py`, which go this way.
"""

import ssl
from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic  # type: ignore[import-untyped]
from aiokafka.conn import collect_hosts, create_conn  # type: ignore[import-untyped]
from aiokafka.errors import (  # type: ignore[import-untyped]
    IllegalSaslStateError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
    for_code,
)

from parley.bus.kafka_urls import KafkaServers
from parley.bus.port import BusUnavailable
from parley.configuration import ConfigurationError
from parley.tls import trusting

AWAY = (KafkaError, OSError)
"""What the driver raises when Kafka did not do as it was told."""

ANSWERS_WITHIN_S = 2.5
"""How long one request may take where somebody waits for it; beyond that Kafka counts as away."""

LARGEST = 2 * 1024 * 1024
"""Bytes of a dead letter: the largest record that a broker takes by default, and the headers that it gets here."""

DEAD_LETTERS = ".dlq"

_PARTITIONS = 6
_MINUTE_MS = 60_000
_EVENTS = {"retention.ms": 10 * _MINUTE_MS, "segment.ms": 5 * _MINUTE_MS}
_LETTERS = {"retention.ms": 7 * 24 * 60 * _MINUTE_MS, "max.message.bytes": LARGEST}
_EXISTS, _FORBIDDEN = 36, (29, 31)


class KafkaLink:
    """The brokers of a URL, where each request may take `patience_s`. Raises ConfigurationError if its file of
    certificates cannot be read.
    """

    def __init__(self, servers: KafkaServers, patience_s: float = ANSWERS_WITHIN_S) -> None:
        self._servers, self.patience_s = servers, patience_s
        self.arguments: Mapping[str, Any] = {
            "bootstrap_servers": list(servers.addresses),
            "client_id": "parley",
            **_security(servers),
        }

    async def why(self) -> BusUnavailable | ConfigurationError:
        """What keeps us from the brokers, found by going there again."""
        reason: Exception | str = "it answers, but not as it should"
        options = {name: value for name, value in self.arguments.items() if name != "bootstrap_servers"}
        for host, port, _ in collect_hosts(self.arguments["bootstrap_servers"]):
            try:
                connection = await create_conn(host, port, request_timeout_ms=milliseconds(self.patience_s), **options)
                await connection.close()
            except AWAY as error:
                if refusal := self._refusal(error):
                    return ConfigurationError(f"BUS_URL: {refusal}.")
                reason = error
        addresses = ", ".join(self._servers.addresses)
        return BusUnavailable(f"Kafka at {addresses}: {str(reason) or type(reason).__name__}")

    async def create_missing(self, *topics: str) -> None:
        """Create those topics that are not there. Raises BusUnavailable, or what the driver raises."""
        admin = AIOKafkaAdminClient(request_timeout_ms=milliseconds(self.patience_s), **self.arguments)
        try:
            await admin.start()
            if missing := set(topics) - set(await admin.list_topics()):
                answer = await admin.create_topics([_described(topic) for topic in missing])
                _expect_created((it[0], it[1]) for it in answer.topic_errors)
        finally:
            await admin.close()

    def _refusal(self, error: Exception) -> str | None:
        match error:
            case SaslAuthenticationFailed():
                return "Kafka refuses this user or this password"
            case UnsupportedSaslMechanismError():
                return f"Kafka does not know the mechanism {self._servers.mechanism} here"
            case IllegalSaslStateError():
                return "Kafka asks for no password here; leave user and password out, or use another port"
            case ssl.SSLCertVerificationError():
                return f"Kafka's certificate is not trusted ({error.verify_message}); ssl_ca names its authority"
        return None


def _security(servers: KafkaServers) -> Mapping[str, Any]:
    return {
        "security_protocol": ("SASL_" if servers.user else "") + ("SSL" if servers.tls else "PLAINTEXT"),
        "ssl_context": trusting("BUS_URL", "ssl_ca", servers.ssl_ca) if servers.tls else None,
        "sasl_mechanism": servers.mechanism,
        "sasl_plain_username": servers.user,
        "sasl_plain_password": servers.password,
    }


def _described(topic: str) -> Any:
    is_dead = topic.endswith(DEAD_LETTERS)
    settings = {name: str(value) for name, value in (_LETTERS if is_dead else _EVENTS).items()}
    described = NewTopic(topic, 1 if is_dead else _PARTITIONS, 1, topic_configs=settings)
    # As many copies as the cluster makes by default, which the driver's own check would refuse.
    described.replication_factor = -1
    return described


def _expect_created(outcomes: Iterable[tuple[str, int]]) -> None:
    for topic, code in outcomes:
        if code in _FORBIDDEN:
            raise BusUnavailable(f"the topic {topic} is missing and this user may not create it")
        # Another process may have been quicker.
        if code not in (0, _EXISTS):
            raise BusUnavailable(f"the topic {topic} is missing and cannot be created: {for_code(code).__name__}")


def milliseconds(seconds: float) -> int:
    """A time as the driver wants it."""
    return round(seconds * 1000)
