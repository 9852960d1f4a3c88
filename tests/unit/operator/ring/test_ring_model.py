"""The rotation in every order of events that there is; `support/ring_search.py` says what a state is.

49,689 states for two relays, two minters and two operators. In scope: no unexpired credential is refused, two keys are
never generated for one rotation, and when one is over every relay refuses what was retired.
"""

import pytest
from support.ring_mutants import MUTANTS
from support.ring_search import Found, Search
from support.ring_world import World

from parley_operator.ring import rules


@pytest.fixture(autouse=True)
def no_margin(monkeypatch):
    """The margin hides slips of a tick."""
    monkeypatch.setattr(rules, "MARGIN_S", 0)


WORLDS = {
    "two of each": World(),
    "a pod is replaced": World(relays=1, minters=1, operators=1, replaced=1),
    "somebody aborts": World(relays=1, minters=1, can_abort=True),
    "a second rotation is wanted": World(relays=1, minters=1, operators=1, wishes=2),
}


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_no_history_breaks_the_promise(world):
    """In no order of steps, crashes and delays is an unexpired credential refused or a key made twice."""
    search = Search(world)
    search.run()
    assert search.phases == {"Idle", "Propagating", "Switching", "Draining", "Revoking"}
    assert ("Aborted" in search.outcomes) == world.can_abort


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS)
def test_every_wait_is_needed(mutant, monkeypatch):
    """Without any one of the waits there is a history that breaks the promise."""
    for name, rule in mutant.changed.items():
        monkeypatch.setattr(rules, name, rule)
    with pytest.raises(Found):
        Search(mutant.world).run()
