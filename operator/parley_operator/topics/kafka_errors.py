"""What an error of Kafka means for whoever asked: never again as it is, later, not there, or nobody knows.

Next: `port.py`.
"""

from typing import Final

from confluent_kafka import KafkaError

from parley_operator.topics.model import Later, Refused


class _Absent:
    """There is no such topic."""


Absent: Final = _Absent()

_REFUSALS = {
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: "NotAuthorized",
    KafkaError.INVALID_CONFIG: "InvalidConfig",
    KafkaError.INVALID_PARTITIONS: "InvalidPartitions",
    KafkaError.INVALID_REPLICATION_FACTOR: "InvalidReplicationFactor",
    KafkaError.INVALID_REQUEST: "RefusedByKafka",
    KafkaError.POLICY_VIOLATION: "PolicyViolation",
    KafkaError.TOPIC_AUTHORIZATION_FAILED: "NotAuthorized",
    KafkaError.TOPIC_DELETION_DISABLED: "DeletionDisabled",
    KafkaError.TOPIC_EXCEPTION: "InvalidTopicName",
    KafkaError.UNSUPPORTED_VERSION: "UnsupportedVersion",
}


def meaning(error: KafkaError) -> Refused | Later | _Absent | None:
    """What it means for one topic; None if it says nothing about the topic, only that nobody could be asked."""
    code = error.code()
    if code in _REFUSALS:
        return Refused(_REFUSALS[code], _sentence(error))
    if code == KafkaError.UNKNOWN_TOPIC_OR_PART:
        return Absent
    # The driver's own errors are negative: no connection, no answer in time.
    return None if code < 0 else Later(_sentence(error))


def _sentence(error: KafkaError) -> str:
    return f"Kafka says: {error.str()}"
