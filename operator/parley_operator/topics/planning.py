"""What to do about one KafkaTopic object: a pure function of the object, of what is in Kafka, and of the time.

It only ever asks for what destroys nothing. A topic that would have to shrink or to move, that is not ours or not ours
any more, is left as it is, and a condition says so; what is safe is done all the same. The one exception is the end of
an object that was declared with `deletionPolicy: Delete`, in `ending.py`.
Next: `engine.py`, which does what is planned.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from parley_operator.topics.actions import Action, Create
from parley_operator.topics.conditions import FALSE, TRUE, UNKNOWN, Answer, Answers, conditions, told, unanswered
from parley_operator.topics.differences import PARTITIONS, REPLICAS, differences, repairs
from parley_operator.topics.ending import plan_end
from parley_operator.topics.model import (
    ACCEPT,
    ActualTopic,
    AdoptionPolicy,
    Away,
    Claim,
    DeletionPolicy,
    Drift,
    InvalidSpec,
    Refused,
    Seen,
    TopicSpec,
)
from parley_operator.topics.plan import Plan


@dataclass(frozen=True, kw_only=True)
class Look:
    """All that is known when a claim is planned.

    `rival` is an older claim to the same topic. `made` tells that this operator has just created the topic that is
    seen. `refused` is what Kafka said to the actions that were planned a moment ago.
    """

    claim: Claim
    seen: Seen
    now: str
    rival: Claim | None = None
    made: bool = False
    refused: Refused | None = None


def plan(look: Look) -> Plan:
    """What to do and what to tell. To plan again after that was done gives nothing to do."""
    claim, spec = look.claim, look.claim.spec
    if claim.deleting:
        return plan_end(claim, look.seen, rival=look.rival, refused=look.refused, now=look.now)
    if isinstance(spec, InvalidSpec):
        return _blocked(look, Answer(TRUE, "InvalidSpec", spec.sentence))
    holds = spec.deletion_policy is DeletionPolicy.DELETE
    return replace(_plan_living(look, spec), holds=holds)


def _plan_living(look: Look, spec: TopicSpec) -> Plan:
    status = look.claim.status
    if look.rival is not None:
        return _conflicting(look, look.rival)
    if status.topic_name not in (None, spec.topic_name):
        return _blocked(look, _renamed(status.topic_name, spec.topic_name))
    match look.seen:
        case Away(sentence):
            told_now = unanswered(status.conditions, sentence, look.claim.generation, look.now)
            return Plan(status=replace(status, conditions=told_now))
        case Refused() as refused:
            return _blocked(look, Answer(TRUE, refused.reason, refused.sentence))
        case None:
            return _plan_missing(look, spec)
        case ActualTopic() as actual:
            return _plan_present(look, spec, actual)


def _plan_missing(look: Look, spec: TopicSpec) -> Plan:
    status = look.claim.status
    if look.refused is not None:
        return _blocked(look, Answer(TRUE, look.refused.reason, look.refused.sentence))
    if spec.paused:
        sentence = "The topic does not exist, and the object is paused."
        return _told(look, Answers(ready=Answer(FALSE, "Paused", sentence), synced=_HELD_BACK, paused=_PAUSED))
    # Said first and done at the next look: whoever comes after a crash in between knows why there is another topic id.
    if status.topic_id is not None and not status.recreating:
        sentence = f"The topic {status.topic_id} does not exist any more; it is made again, empty."
        answer = Answer(FALSE, "TopicMissing", sentence)
        told_now = _told(look, Answers(ready=answer, synced=answer))
        return replace(told_now, status=replace(told_now.status, recreating=True, drift=()), again=True)
    answer = Answer(FALSE, "Creating", "The topic is being made.")
    create = Create(spec.topic_name, spec.partitions, spec.replicas, spec.config)
    return replace(_told(look, Answers(ready=answer, synced=answer)), actions=(create,))


def _plan_present(look: Look, spec: TopicSpec, actual: ActualTopic) -> Plan:
    drift = differences(spec, actual)
    if (stranger := _stranger(look, spec, actual, drift)) is not None:
        return _blocked(look, stranger)
    actions = () if spec.paused else tuple(repairs(spec, actual))
    blocked = _impossible(drift, spec, actual) or _refusal(look.refused) or _FREE
    told_now = _told(look, _answers(spec, drift, actions, blocked))
    status = replace(
        told_now.status,
        topic_id=actual.topic_id,
        partitions=actual.partitions,
        replicas=actual.replicas,
        adopted=_is_adopted(look, actual),
        recreating=False,
        drift=tuple(drift),
    )
    return replace(told_now, status=status, actions=() if look.refused else actions)


def _stranger(look: Look, spec: TopicSpec, actual: ActualTopic, drift: Sequence[Drift]) -> Answer | None:
    """Why this topic is not to be touched, None if it may be."""
    known = look.claim.status.topic_id
    if look.made or actual.topic_id in (known, look.claim.accepted_id):
        return None
    if known is not None and not look.claim.status.recreating:
        return Answer(TRUE, "TopicReplaced", _REPLACED.format(known=known, found=actual.topic_id, annotation=ACCEPT))
    if spec.adoption_policy is AdoptionPolicy.NEVER:
        return Answer(TRUE, "AdoptionRefused", "The topic exists already, and adoptionPolicy is Never.")
    if spec.adoption_policy is AdoptionPolicy.IF_COMPATIBLE and drift:
        return Answer(TRUE, "NotCompatible", _INCOMPATIBLE.format(drift=told(drift)))
    return None


def _impossible(drift: Sequence[Drift], spec: TopicSpec, actual: ActualTopic) -> Answer | None:
    found = {it.key: it for it in drift}
    if PARTITIONS in found and spec.partitions is not None and spec.partitions < actual.partitions:
        return Answer(
            TRUE, "PartitionsCannotShrink", f"{told([found[PARTITIONS]])}; Kafka cannot take partitions away."
        )
    if REPLICAS in found:
        sentence = (
            f"{told([found[REPLICAS]])}; move the partitions with kafka-reassign-partitions, or declare what is there."
        )
        return Answer(TRUE, "ReassignmentRequired", sentence)
    return None


def _answers(spec: TopicSpec, drift: Sequence[Drift], actions: tuple[Action, ...], blocked: Answer) -> Answers:
    sentence = told(drift)
    drifted = Answer(TRUE, "NotAsDeclared", sentence) if drift else Answer(FALSE, "AsDeclared")
    if not drift and blocked is _FREE:
        ready, synced = Answer(TRUE, "AsDeclared"), Answer(TRUE, "AsDeclared")
    elif blocked is not _FREE:
        ready = synced = replace(blocked, status=FALSE)
    elif spec.paused:
        ready, synced = Answer(FALSE, "Drifted", sentence), _HELD_BACK
    else:
        ready = synced = Answer(FALSE, "Applying", sentence)
    return Answers(
        ready=ready, synced=synced, drifted=drifted, blocked=blocked, paused=_PAUSED if spec.paused else _RUNS
    )


def _conflicting(look: Look, rival: Claim) -> Plan:
    sentence = f"{rival.namespace}/{rival.name} is older and declares the same topic; this object does nothing."
    no, unknown = Answer(FALSE, "Conflict", sentence), Answer(UNKNOWN, "Conflict")
    told_now = _told(look, Answers(ready=no, synced=no, drifted=unknown, conflict=replace(no, status=TRUE)))
    return replace(told_now, status=replace(told_now.status, drift=()))


def _blocked(look: Look, answer: Answer) -> Plan:
    """Nothing is done, and what was known of the topic stays known."""
    no = replace(answer, status=FALSE)
    paused = isinstance(look.claim.spec, TopicSpec) and look.claim.spec.paused
    unknown = Answer(UNKNOWN, answer.reason)
    answers = Answers(ready=no, synced=no, drifted=unknown, blocked=answer, paused=_PAUSED if paused else _RUNS)
    told_now = _told(look, answers)
    return replace(told_now, status=replace(told_now.status, drift=()))


def _told(look: Look, answers: Answers) -> Plan:
    claim = look.claim
    name = claim.status.topic_name or claim.topic_name
    found = conditions(answers, claim.status.conditions, claim.generation, look.now)
    return Plan(status=replace(claim.status, generation=claim.generation, topic_name=name, conditions=tuple(found)))


def _is_adopted(look: Look, actual: ActualTopic) -> bool:
    if look.made:
        return False
    return look.claim.status.adopted or look.claim.status.topic_id != actual.topic_id


def _refusal(refused: Refused | None) -> Answer | None:
    return None if refused is None else Answer(TRUE, refused.reason, refused.sentence)


def _renamed(before: str | None, now: str) -> Answer:
    sentence = f"topicName was {before} and is {now}; make another object for another topic."
    return Answer(TRUE, "TopicNameChanged", sentence)


_FREE = Answer(FALSE, "NotBlocked")
_RUNS = Answer(FALSE, "NotPaused")
_PAUSED = Answer(TRUE, "Paused", "spec.paused is set: the topic is looked at and not changed.")
_HELD_BACK = Answer(FALSE, "Paused", "spec.paused is set.")
_REPLACED = (
    "The topic {known} was replaced by {found}, which is not touched. If that is the right one, annotate this object "
    "with {annotation}={found}."
)
_INCOMPATIBLE = (
    "The topic exists already and is not as declared: {drift}. Declare it as it is, or set adoptionPolicy to Always."
)
