"""Plans of many objects carried out at once: one request to Kafka for each kind of action.

Next: `port.py`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from parley_operator.topics.actions import Action, Configure, Create, Delete, Grow
from parley_operator.topics.meters import TopicMeters
from parley_operator.topics.model import Refused
from parley_operator.topics.port import Outcome, Topics

_Some = TypeVar("_Some", bound=Action)


@dataclass(frozen=True)
class Done:
    """What became of the actions of one object: the worst outcome, and whether its topic was created."""

    outcome: Outcome
    made: bool


async def act(topics: Topics, actions: Mapping[str, Sequence[Action]], meters: TopicMeters) -> Mapping[str, Done]:
    """Carry out the actions of each topic name. Raises KafkaUnavailable; some may have been done then."""
    every = [action for some in actions.values() for action in some]
    created = await _ask(topics.create, _of(Create, every), meters)
    others = [
        await _ask(topics.grow, _of(Grow, every), meters),
        await _ask(topics.configure, _of(Configure, every), meters),
        await _ask(topics.delete, _of(Delete, every), meters),
    ]
    outcomes = [created, *others]
    return {
        name: Done(_worst([it[name] for it in outcomes if name in it]), name in created and created[name] is None)
        for name in actions
    }


async def _ask(
    call: Callable[[Sequence[_Some]], Awaitable[Mapping[str, Outcome]]], actions: Sequence[_Some], meters: TopicMeters
) -> Mapping[str, Outcome]:
    if not actions:
        return {}
    outcomes = await call(actions)
    for outcome in outcomes.values():
        meters.acted(type(actions[0]).__name__.lower(), outcome)
    return outcomes


def _of(kind: type[_Some], actions: Sequence[Action]) -> Sequence[_Some]:
    return [action for action in actions if isinstance(action, kind)]


def _worst(outcomes: Sequence[Outcome]) -> Outcome:
    refused = next((it for it in outcomes if isinstance(it, Refused)), None)
    return refused or next((it for it in outcomes if it is not None), None)
