"""Random histories of calls over a network that loses and doubles, and replicas that die between any two steps.

Each history asserts at every step that a person is in one call with one window and holds the claim of it, that what is
over stays as it was, and at its end that all windows know the same and that the log has one entry of every call.
"""

import pytest
from support.call_histories import World
from support.call_mutants import MUTANTS, mutated

BLOCK = 1_000


@pytest.mark.parametrize("block", range(30))
def test_no_history_goes_wrong(block):
    """In a thousand histories nothing happens that must not, and calls are made and answered in them."""
    answered = 0
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        try:
            answered += World(seed).run().store.answered
        except Exception as error:
            error.add_note(f"history {seed}")
            raise
    assert answered > BLOCK / 4


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mistake_shows(name):
    """Each of these mistakes in the rules or the steps shows in one of a few thousand histories."""
    mutant = MUTANTS[name]
    what = {mutant.module.__name__.rpartition(".")[2]: mutated(mutant)}
    for seed in range(4_000):
        try:
            World(seed, **what).run()
        except AssertionError:
            return
    pytest.fail("no history shows it")
