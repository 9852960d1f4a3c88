"""KafkaTopic objects for tests, any that Hypothesis can think of, and what becomes of one whose plans are carried out.

Next: `topic_objects.py`, a whole API server of them.
"""

from dataclasses import replace

from hypothesis import strategies as some

from parley_operator.topics.inprocess import DEFAULTS, InProcessTopics
from parley_operator.topics.model import (
    ActualTopic,
    AdoptionPolicy,
    Claim,
    ConfigPolicy,
    DeletionPolicy,
    Refused,
    Status,
    TopicSpec,
)
from parley_operator.topics.planning import Look, plan

NAME = "letters"
NOW = "2026-11-01T00:00:00Z"
LATER = "2026-11-01T00:02:00Z"


def claim(spec=None, **more):
    """An object that declares six partitions of NAME, with what a test changes."""
    made = {"uid": "u1", "namespace": "here", "name": NAME, "generation": 1, "created": "2026-10-01T00:00:00Z"}
    return Claim(**{**made, "spec": spec or TopicSpec(topic_name=NAME, partitions=6, replicas=1), **more})


def actual(**more):
    """A topic as `claim` declares it, with what a test changes. `here` are settings of its own."""
    here = more.pop("here", {})
    made = {"topic_id": "id-1", "partitions": 6, "replicas": 1, "config": {**DEFAULTS, **here}}
    return ActualTopic(**{**made, "set_here": frozenset(here), **more})


def said(found, kind):
    """Status and reason of one condition of a plan or a status."""
    condition = getattr(found, "status", found).condition(kind)
    return condition.status, condition.reason


def carried_out(claim, topics, looks=5):
    """The object after `looks` looks, each of whose plans was written and done; and how many of them did something."""
    busy = 0
    for _ in range(looks):
        planned = plan(Look(claim=claim, seen=topics.found.get(NAME), now=NOW))
        busy += bool(planned.actions or planned.again)
        refused = _at_once(_done(planned.actions, topics))
        made = any(type(it).__name__ == "Create" for it in planned.actions) and refused is None
        if planned.actions:
            planned = plan(Look(claim=claim, seen=topics.found.get(NAME), now=NOW, made=made, refused=refused))
        claim = replace(claim, status=planned.status)
    return claim, busy


def _at_once(call):
    """The result of a coroutine that never waits. An event loop for each would take most of the time."""
    try:
        call.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waits")


async def _done(actions, topics):
    for action in actions:
        outcomes = await getattr(topics, type(action).__name__.lower())([action])
        if isinstance(outcomes[NAME], Refused):
            return outcomes[NAME]
    return None


def holding(topic):
    """An in-process Kafka that has this topic, or none."""
    topics = InProcessTopics()
    if topic is not None:
        topics.found[NAME] = topic
    return topics


_NUMBERS = some.integers(1, 9)
_SETTINGS = some.dictionaries(some.sampled_from(sorted(DEFAULTS)), some.sampled_from(["1", "2", "delete"]), max_size=3)
_IDS = some.sampled_from(["id-1", "id-2"])

specs = some.builds(
    TopicSpec,
    topic_name=some.just(NAME),
    partitions=some.none() | _NUMBERS,
    replicas=some.none() | some.integers(1, 3),
    config=_SETTINGS,
    config_policy=some.sampled_from(ConfigPolicy),
    deletion_policy=some.sampled_from(DeletionPolicy),
    adoption_policy=some.sampled_from(AdoptionPolicy),
    paused=some.booleans(),
)
topics = some.none() | some.builds(
    lambda topic_id, partitions, replicas, here: actual(
        topic_id=topic_id, partitions=partitions, replicas=replicas, here=here
    ),
    _IDS,
    _NUMBERS,
    some.integers(1, 3),
    _SETTINGS,
)
statuses = some.builds(
    Status,
    topic_name=some.none() | some.just(NAME),
    topic_id=some.none() | _IDS,
    recreating=some.booleans(),
    adopted=some.booleans(),
)
claims = some.builds(
    claim,
    spec=specs,
    status=statuses,
    accepted_id=some.none() | _IDS,
    generation=some.integers(1, 3),
    deleting=some.just(False),
)
