"""The six conditions of a KafkaTopic, and what makes their sentences.

Ready is whether the topic is as declared; Synced, whether Kafka was asked and did as it was told; the other four are
Drifted, Blocked, Conflict and Paused. `docs/operations.md` says what to do about each. Next: `planning.py`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from parley_operator.topics.model import Condition, Drift

TYPES = ("Ready", "Synced", "Drifted", "Blocked", "Conflict", "Paused")
TRUE, FALSE, UNKNOWN = "True", "False", "Unknown"

_LONGEST = 1024


@dataclass(frozen=True)
class Answer:
    """What one condition says: its status, one word why, and a sentence for people."""

    status: str
    reason: str
    sentence: str = ""


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What all six say."""

    ready: Answer
    synced: Answer
    drifted: Answer = Answer(FALSE, "AsDeclared")
    blocked: Answer = Answer(FALSE, "NotBlocked")
    conflict: Answer = Answer(FALSE, "OnlyClaim")
    paused: Answer = Answer(FALSE, "NotPaused")

    def each(self) -> Iterable[tuple[str, Answer]]:
        """The conditions in the order of TYPES."""
        return zip(
            TYPES, (self.ready, self.synced, self.drifted, self.blocked, self.conflict, self.paused), strict=True
        )


def conditions(answers: Answers, before: Sequence[Condition], generation: int, now: str) -> Sequence[Condition]:
    """The conditions to write. The time of one changes with its status only."""
    known = {it.type: it for it in before}
    return [_condition(kind, answer, known.get(kind), generation, now) for kind, answer in answers.each()]


def unanswered(before: Sequence[Condition], sentence: str, generation: int, now: str) -> Sequence[Condition]:
    """The conditions while Kafka is away: what was known stays, but not as an answer about a newer generation."""
    known = {it.type: it for it in before}
    away = Answer(UNKNOWN, "KafkaUnavailable", sentence)
    found = []
    for kind in TYPES:
        last = known.get(kind)
        keep = last is not None and last.generation == generation and kind != "Synced"
        found.append(last if last and keep else _condition(kind, away, last, generation, now))
    return found


def told(drift: Iterable[Drift]) -> str:
    """Drift in words: `partitions is 3 instead of 6; retention.ms is not set instead of 1000`."""
    return "; ".join(f"{it.key} is {worded(it.actual)} instead of {worded(it.desired)}" for it in drift)


def worded(value: str | None) -> str:
    """A value for people; None is none."""
    return "not set" if value is None else value


def _condition(kind: str, answer: Answer, last: Condition | None, generation: int, now: str) -> Condition:
    return Condition(
        type=kind,
        status=answer.status,
        reason=answer.reason,
        message=answer.sentence[:_LONGEST],
        generation=generation,
        since=last.since if last and last.status == answer.status else now,
    )
