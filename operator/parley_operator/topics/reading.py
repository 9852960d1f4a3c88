"""A KafkaTopic object as the API server has it, read into our words, and a status written for it.

The schema of the custom resource refuses most mistakes. What it lets through is an InvalidSpec, never an exception,
and a status that somebody has edited is read as far as it makes sense. Next: `model.py`.
"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from parley_operator.topics.model import (
    ACCEPT,
    AdoptionPolicy,
    Claim,
    Condition,
    ConfigPolicy,
    DeletionPolicy,
    Drift,
    InvalidSpec,
    Status,
    TopicSpec,
)

_NAME = re.compile(r"[a-zA-Z0-9._-]{1,249}")
_Choice = TypeVar("_Choice", bound=StrEnum)


def read_claim(body: Mapping[str, Any]) -> Claim:
    """The object in our words."""
    meta = body["metadata"]
    return Claim(
        uid=meta["uid"],
        namespace=meta["namespace"],
        name=meta["name"],
        generation=meta.get("generation", 0),
        created=meta.get("creationTimestamp", ""),
        resource_version=meta.get("resourceVersion", ""),
        deleting=meta.get("deletionTimestamp") is not None,
        finalizers=tuple(meta.get("finalizers") or ()),
        accepted_id=(meta.get("annotations") or {}).get(ACCEPT),
        spec=read_spec(body.get("spec") or {}, meta["name"]),
        status=read_status(body.get("status") or {}),
    )


def read_spec(spec: Mapping[str, Any], default_name: str) -> TopicSpec | InvalidSpec:
    """What is declared. An InvalidSpec has a sentence for whoever wrote it."""
    try:
        return TopicSpec(
            topic_name=_topic_name(spec.get("topicName") or default_name),
            partitions=_number(spec, "partitions"),
            replicas=_number(spec, "replicas"),
            config=_config(spec.get("config") or {}),
            config_policy=_choice(spec, "configPolicy", ConfigPolicy.LISTED),
            deletion_policy=_choice(spec, "deletionPolicy", DeletionPolicy.RETAIN),
            adoption_policy=_choice(spec, "adoptionPolicy", AdoptionPolicy.IF_COMPATIBLE),
            paused=bool(spec.get("paused", False)),
        )
    except ValueError as mistake:
        return InvalidSpec(str(mistake))


def read_status(status: Mapping[str, Any]) -> Status:
    """What the operator wrote. What is not of the right type is left out."""
    return Status(
        generation=_of(int, status.get("observedGeneration")),
        topic_name=_of(str, status.get("topicName")),
        topic_id=_of(str, status.get("topicId")),
        partitions=_of(int, status.get("partitions")),
        replicas=_of(int, status.get("replicas")),
        adopted=status.get("adopted") is True,
        recreating=status.get("recreating") is True,
        drift=tuple(Drift(it.get("key", ""), it.get("desired"), it.get("actual")) for it in _objects(status, "drift")),
        conditions=tuple(_read_condition(it) for it in _objects(status, "conditions")),
    )


def status_body(status: Status) -> Mapping[str, Any]:
    """The status to write, with every field, so that a merge takes away what is None."""
    return {
        "observedGeneration": status.generation,
        "topicName": status.topic_name,
        "topicId": status.topic_id,
        "partitions": status.partitions,
        "replicas": status.replicas,
        "adopted": status.adopted,
        "recreating": status.recreating or None,
        "drift": [_drift_body(it) for it in status.drift] or None,
        "conditions": [_condition_body(it) for it in status.conditions],
    }


def _topic_name(name: Any) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name in (".", ".."):
        raise ValueError("topicName has 1 to 249 letters, digits, dots, underscores and hyphens, and is not . or ..")
    if name.startswith("__"):
        raise ValueError("topicName begins with __, and such topics are Kafka's own")
    return name


def _number(spec: Mapping[str, Any], key: str) -> int | None:
    value = spec.get(key)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        raise ValueError(f"{key} is a whole number of at least 1")
    return value


def _config(config: Any) -> Mapping[str, str]:
    if not isinstance(config, Mapping) or not all(isinstance(value, str) for value in config.values()):
        raise ValueError('config has a string for each setting, like retention.ms: "604800000"')
    return dict(config)


def _choice(spec: Mapping[str, Any], key: str, default: _Choice) -> _Choice:
    choices = type(default)
    value = spec.get(key, default)
    if value not in list(choices):
        raise ValueError(f"{key} is one of {', '.join(choices)}")
    return choices(value)


_Kind = TypeVar("_Kind", int, str)


def _of(kind: type[_Kind], value: Any) -> _Kind | None:
    return value if isinstance(value, kind) and not isinstance(value, bool) else None


def _objects(status: Mapping[str, Any], key: str) -> Sequence[Mapping[str, Any]]:
    found = status.get(key)
    return [it for it in found if isinstance(it, Mapping)] if isinstance(found, list) else []


def _read_condition(body: Mapping[str, Any]) -> Condition:
    return Condition(
        type=str(body.get("type", "")),
        status=str(body.get("status", "Unknown")),
        reason=str(body.get("reason", "")),
        message=str(body.get("message", "")),
        generation=_of(int, body.get("observedGeneration")) or 0,
        since=str(body.get("lastTransitionTime", "")),
    )


def _condition_body(condition: Condition) -> Mapping[str, Any]:
    return {
        "type": condition.type,
        "status": condition.status,
        "reason": condition.reason,
        "message": condition.message,
        "observedGeneration": condition.generation,
        "lastTransitionTime": condition.since,
    }


def _drift_body(drift: Drift) -> Mapping[str, str]:
    body = {"key": drift.key, "desired": drift.desired, "actual": drift.actual}
    return {key: value for key, value in body.items() if value is not None}
