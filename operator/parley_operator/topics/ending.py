"""What to do about an object that is being deleted: its topic goes with it only if that was declared and is still sure.

The topic stays when another object declares it, when it is not the one that the operator knew, and when the object is
paused. The object is let go all the same, so that it never gets stuck on a topic that nobody will delete.
Next: `plan.py`.
"""

from dataclasses import replace

from parley_operator.topics.actions import Delete
from parley_operator.topics.conditions import FALSE, TRUE, Answer, Answers, conditions, unanswered
from parley_operator.topics.model import ActualTopic, Away, Claim, DeletionPolicy, Refused, Seen, TopicSpec
from parley_operator.topics.plan import Plan


def plan_end(claim: Claim, seen: Seen, *, rival: Claim | None, refused: Refused | None, now: str) -> Plan:
    """Delete the topic, wait for Kafka, or let the object go. `rival` is any other object with the same topic."""
    if not claim.held:
        return Plan(status=claim.status)
    if (why := _why_kept(claim, rival)) is not None:
        return _let_go(claim, why)
    match refused or seen:
        case Away(sentence):
            told = unanswered(claim.status.conditions, sentence, claim.generation, now)
            return Plan(status=replace(claim.status, conditions=told), holds=True)
        case Refused(reason, sentence):
            advice = f"{sentence} To keep the topic and delete the object, set deletionPolicy to Retain."
            return _waiting(claim, Answer(TRUE, reason, advice), now)
        case ActualTopic(topic_id=found) if found == claim.status.topic_id:
            delete = Delete(claim.topic_name or "", found)
            return replace(_waiting(claim, Answer(FALSE, "NotBlocked"), now), actions=(delete,))
        case ActualTopic(topic_id=found):
            return _let_go(claim, f"The topic stays: {found} is not the one that was known, {claim.status.topic_id}.")
        case _:
            return _let_go(claim, "The topic does not exist any more.")


def _why_kept(claim: Claim, rival: Claim | None) -> str | None:
    spec = claim.spec
    if not isinstance(spec, TopicSpec):
        return "The topic, if there is one, stays: what is declared cannot be understood."
    if spec.deletion_policy is not DeletionPolicy.DELETE:
        return "The topic stays, as deletionPolicy says."
    if spec.paused:
        return "The topic stays: the object is paused."
    if rival is not None:
        return f"The topic stays: {rival.namespace}/{rival.name} declares it too."
    if claim.status.topic_name not in (None, spec.topic_name):
        return "The topics stay: topicName was changed."
    return None


def _let_go(claim: Claim, farewell: str) -> Plan:
    return Plan(status=claim.status, holds=False, farewell=farewell)


def _waiting(claim: Claim, blocked: Answer, now: str) -> Plan:
    answer = Answer(FALSE, "Deleting", blocked.sentence or "The topic is being deleted.")
    answers = Answers(ready=answer, synced=answer, blocked=blocked)
    told = conditions(answers, claim.status.conditions, claim.generation, now)
    return Plan(status=replace(claim.status, generation=claim.generation, conditions=tuple(told)), holds=True)
